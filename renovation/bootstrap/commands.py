"""What ``make`` asks for. Standard library only: it runs before anything is installed."""
# ruff: noqa: S603, S606 (every command line here is our own)

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from renovation.bootstrap import environment
from renovation.bootstrap.environment import CHECKOUT, BootstrapError, say

#: The checks of ``make test`` that need no run of the code, each with what follows ``python``.
_CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    ("mypy", ("-m", "mypy")),
    ("import-linter", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)


def _python(python: Path, *arguments: str, **variables: str) -> int:
    """Run the environment's Python in the checkout and return its exit status."""
    return subprocess.call([str(python), *arguments], cwd=CHECKOUT, env={**os.environ, **variables})


def _assets(python: Path) -> None:
    if _python(python, "-m", "renovation.bootstrap.assets"):
        raise BootstrapError(
            "没有复制好地图文件，请把上面的文字发给维护者。", "The map's files were not copied; report the lines above."
        )


def run(arguments: Sequence[str]) -> int:
    """Serve the app."""
    python = environment.prepare("run")
    command = [str(python), "-m", "renovation.cli", "serve", *arguments]
    os.chdir(CHECKOUT)
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)


def install(_arguments: Sequence[str]) -> int:
    """Prepare this folder and serve nothing: other programs begin the server's processes."""
    _assets(environment.prepare("run"))
    return 0


def lint(_arguments: Sequence[str]) -> int:
    """Check style, types and imports; go on after a failure so that one run shows all."""
    python = environment.prepare("test")
    failed = []
    for name, command in _CHECKS:
        say(f"检查 {name}", f"check: {name}")
        if _python(python, *command):
            failed.append(name)
    if failed:
        say(f"没有通过：{'、'.join(failed)}", f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def test(arguments: Sequence[str]) -> int:
    """Run every check and every test, the checks beside the tests; what they say comes last, in one piece."""
    python = environment.prepare("test")
    _assets(python)
    say("测试，同时做检查（结果最后显示）", "tests, and checks beside them (told at the end)")
    # One more than there are processors: tests in a browser wait as much as they work.
    workers = str((os.cpu_count() or 1) + 1)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        checks = subprocess.Popen(
            [str(python), "renovation/bootstrap", "lint"],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONUTF8": "1"},
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        tested = _python(python, "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments)
        linted = checks.wait()
        told.seek(0)
        print(told.read(), end="", flush=True)
    return linted or tested


def mutation(arguments: Sequence[str]) -> int:
    """Plant small faults one at a time and print those that no test notices."""
    python = environment.prepare("test")
    _assets(python)
    return _python(python, "tests/mutation/mutate.py", *arguments)


def attack(arguments: Sequence[str]) -> int:
    """Run every attack at full length and say what it found."""
    python = environment.prepare("test")
    _assets(python)
    return _python(python, "tests/attack/attack.py", *arguments)


def bench(arguments: Sequence[str]) -> int:
    """Run every benchmark, one after another, so that none disturbs its neighbour."""
    python = environment.prepare("test")
    status = 0
    for script in sorted((CHECKOUT / "benchmarks").glob("[!_]*.py")):
        say(f"测量 {script.stem}", f"measure: {script.stem}")
        status |= _python(python, "-m", f"benchmarks.{script.stem}", *arguments)
    return status


def screenshots(arguments: Sequence[str]) -> int:
    """Write one picture per page."""
    python = environment.prepare("test")
    _assets(python)
    return _python(python, "tests/browser/screenshots.py", *arguments)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "install": install,
    "test": test,
    "lint": lint,
    "mutation": mutation,
    "attack": attack,
    "bench": bench,
    "screenshots": screenshots,
}


def main(arguments: Sequence[str]) -> int:
    """Run the named command and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        say(f"用法：python3 renovation/bootstrap {'|'.join(COMMANDS)}", f"usage: one of {', '.join(COMMANDS)}")
        return 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except BootstrapError as error:
        say(*error.args)
        return 1
    except KeyboardInterrupt:
        return 130
