@echo off
rem What `make run` does, for a double click on Windows.
setlocal
chcp 65001 >nul
set "PYTHONUTF8=1"
rem pushd also takes a folder on another computer (\\server\share), where cd does not go.
pushd "%~dp0" || goto nowhere
set "RUNNER="
rem A name on the PATH proves nothing: the Store's python.exe only offers to install, and py may know no Python.
rem call, because python may itself be a batch file, which would otherwise not come back.
call :try py -3
call :try python
call :try python3
if not defined RUNNER goto missing
call %RUNNER% renovation\bootstrap run %*
set "STATUS=%errorlevel%"
popd
if not "%STATUS%"=="0" pause
exit /b %STATUS%

:try
if defined RUNNER exit /b 0
call %* -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set "RUNNER=%*"
exit /b 0

:nowhere
echo "%~dp0" cannot be opened. Copy the folder to this computer and double-click run.bat there.
echo 打不开这个文件夹。请把它复制到本机，再双击 run.bat。
pause
exit /b 1

:missing
echo Python 3.11 or newer was not found. Install it from https://www.python.org, tick Add python.exe to PATH, then double-click run.bat again.
echo 没有找到 Python 3.11 或更新的版本。请从 https://www.python.org 安装，安装时勾选 Add python.exe to PATH，再双击 run.bat。
pause
exit /b 1
