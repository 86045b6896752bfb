"""``python3 renovation/bootstrap run``: prepare this folder, then serve. Plain enough for old Pythons to refuse."""
# ruff: noqa: UP036, UP031, E402

import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "需要 Python 3.11 或更新版本，这里是 %s。请安装新版（https://www.python.org 或系统软件源），"
        "再运行：make run PYTHON=python3.12\n"
        "Python 3.11 or newer is needed; this is %s. Install a newer one (https://www.python.org or your system's "
        "packages), then: make run PYTHON=python3.12\n" % (sys.version.split()[0], sys.version.split()[0])
    )
    raise SystemExit(1)

# Run as a folder, only this folder is on the import path.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from renovation.bootstrap import commands

raise SystemExit(commands.main(sys.argv[1:]))
