@echo off
chcp 65001 >nul
cd /d "%~dp0"
where py >nul 2>nul
if %errorlevel%==0 (
  py -3 renovation\bootstrap run %*
) else (
  python renovation\bootstrap run %*
)
if errorlevel 1 pause
