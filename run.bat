@echo off
rem What `make run` does, for a double click on Windows.
chcp 65001 >nul
set PYTHONUTF8=1
cd /d "%~dp0"
set "RUNNER="
where python >nul 2>nul && set "RUNNER=python"
where py >nul 2>nul && set "RUNNER=py -3"
if not defined RUNNER goto missing
%RUNNER% renovation\bootstrap run %*
if errorlevel 1 pause
exit /b

:missing
echo 没有找到 Python。请从 https://www.python.org 安装 3.11 或更新版本，安装时勾选 Add python.exe to PATH，再双击 run.bat。
echo Python was not found. Install 3.11 or newer from https://www.python.org, tick Add python.exe to PATH, then double-click run.bat again.
pause
exit /b 1
