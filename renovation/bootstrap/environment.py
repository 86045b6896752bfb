"""Make ``.venv`` hold exactly what a lock file names, and do nothing when it already does."""
# ruff: noqa: S603 (every command line here is our own)

from __future__ import annotations

import configparser
import hashlib
import html.parser
import http.client
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections import deque
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
VENV = CHECKOUT / ".venv"

#: Only fetched where Python comes without ``ensurepip`` (Debian without python3-venv).
PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

#: Where pip's settings for all users of this computer lie.
_EVERYBODY = (
    Path(os.environ.get("PROGRAMDATA", "C:/ProgramData"), "pip/pip.ini") if os.name == "nt" else Path("/etc/pip.conf")
)


class BootstrapError(Exception):
    """The folder cannot be prepared; the arguments say why and the cure, in Chinese and in English."""


def say(chinese: str, english: str) -> None:
    """Print one line of progress in both languages."""
    print(f"» {chinese}  |  {english}", flush=True)


def venv_python() -> Path:
    """Return the path of the environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _pins(lock: Path) -> set[str]:
    """Return the ``name==version`` lines of a lock, without markers."""
    return set(re.findall(r"^([A-Za-z0-9][\w.-]*==[^\s;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def _state(lock: Path) -> str:
    """Name all that an installation depends on: lock, project file, Python, and this folder's place."""
    digest = hashlib.sha256()
    for part in (
        lock.read_bytes(),
        (CHECKOUT / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        str(CHECKOUT).encode(),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _stamp(kind: str) -> Path:
    return VENV / f".installed-{kind}"


def _is_current(kind: str) -> bool:
    stamp = _stamp(kind)
    return (
        venv_python().exists()
        and stamp.is_file()
        and stamp.read_text(encoding="utf-8") == _state(HERE / f"{kind}.lock")
    )


def prepare(kind: str) -> Path:
    """Bring ``.venv`` to the state of ``<kind>.lock`` and return its Python.

    Raises
    ------
    BootstrapError
        Something outside this folder is missing (no network, a full disk, a Python without its parts).
    """
    if _is_current(kind):
        return venv_python()
    lock = HERE / f"{kind}.lock"
    pins = _pins(lock)
    pip = _pip()
    say(
        f"安装 {len(pins)} 个软件包（只在第一次，约几分钟）",
        f"install {len(pins)} packages (first time only, a few minutes)",
    )
    _install(pip, ["--require-hashes", "--requirement", str(lock)], total=len(pins))
    _install(pip, ["--no-build-isolation", "--no-deps", "--editable", str(CHECKOUT)], total=0)
    for other in ("run", "test"):
        # The test lock holds the run lock, so that one installation serves both commands.
        if _pins(HERE / f"{other}.lock") <= pins:
            _stamp(other).write_text(_state(HERE / f"{other}.lock"), encoding="utf-8")
    say("安装完成", "installed")
    return venv_python()


def _answers(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _pip() -> list[str]:
    """Return a pip that installs into ``.venv``, creating the environment where it is missing or broken."""
    inside = [str(venv_python()), "-m", "pip"]
    if _answers([*inside, "--version"]):
        return inside
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    say("创建 .venv", "create .venv")
    arguments = ["--clear", str(VENV)] if has_ensurepip else ["--clear", "--without-pip", str(VENV)]
    made = subprocess.run([sys.executable, "-m", "venv", *arguments], capture_output=True, text=True, check=False)
    if made.returncode:
        raise BootstrapError(
            "这个 Python 不能创建虚拟环境。Debian 或 Ubuntu 请运行：sudo apt install python3-venv，再试一次。",
            "This Python cannot create virtual environments. On Debian or Ubuntu: sudo apt install python3-venv, "
            f"then try again.\n{made.stderr}",
        )
    if has_ensurepip:
        return inside
    if _answers([sys.executable, "-m", "pip", "--python", str(venv_python()), "--version"]):
        return [sys.executable, "-m", "pip", "--python", str(venv_python())]
    # A wheel is a zip file, and Python runs what lies in zip files: enough to install the real pip.
    wheel = _fetch_pip()
    if subprocess.call([str(venv_python()), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)]):
        raise BootstrapError(
            "没有装上 pip。Debian 或 Ubuntu 请运行：sudo apt install python3-venv，再试一次。",
            "pip could not be installed. On Debian or Ubuntu: sudo apt install python3-venv, then try again.",
        )
    return inside


class _Links(html.parser.HTMLParser):
    """Collect the addresses a package index names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _pip_settings() -> list[Path]:
    """Return where pip keeps its settings on this system, the weightiest first."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path.home()
    if os.name == "nt":
        everybody = [_EVERYBODY]
        person = [Path(os.environ.get("APPDATA", home)) / "pip/pip.ini", home / "pip/pip.ini"]
    else:
        shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        everybody = [_EVERYBODY, *(Path(folder) / "pip/pip.conf" for folder in shared.split(":"))]
        own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        person = [own / "pip/pip.conf", home / "Library/Application Support/pip/pip.conf", home / ".pip/pip.conf"]
    return [Path(named), *everybody] if named else [*person, *everybody]


def _configured_index() -> str | None:
    """Return the package index that pip was told to use; none is assumed."""
    if named := os.environ.get("PIP_INDEX_URL", "").strip():
        return named
    for path in _pip_settings():
        settings = configparser.RawConfigParser()
        try:
            settings.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("install", "global"):
            for spelling in ("index-url", "index_url"):
                if named := settings.get(section, spelling, fallback="").strip():
                    return named
    return None


def _fetch_pip() -> Path:
    """Fetch pip's own wheel from the index that the person configured and check its digest."""
    configured = _configured_index()
    if configured is None:
        raise BootstrapError(
            "这个 Python 不带 pip。Debian 或 Ubuntu 请运行：sudo apt install python3-venv，再试一次。"
            "也可以用 PIP_INDEX_URL 指定软件源，由那里取得 pip。",
            "This Python comes without pip. On Debian or Ubuntu: sudo apt install python3-venv, then try again. "
            "Or name a package index in PIP_INDEX_URL, and pip is taken from there.",
        )
    index = configured.rstrip("/") + "/pip/"
    say("这个 Python 不带 pip，正在从您设置的软件源下载", "this Python comes without pip; fetching it from your index")
    try:
        with urllib.request.urlopen(index, timeout=60) as page:  # noqa: S310 (the index the person configured)
            links = _Links()
            links.feed(page.read().decode("utf-8"))
        link = next(href for href in links.found if f"/{PIP_WHEEL}" in href)
        with urllib.request.urlopen(urllib.parse.urljoin(index, link), timeout=120) as answer:  # noqa: S310
            content = answer.read()
    except (OSError, StopIteration, ValueError, http.client.HTTPException):
        # The address stays unsaid: it may carry a password.
        raise BootstrapError(
            "这个 Python 不带 pip，您设置的软件源（PIP_INDEX_URL 或 pip 的设置）也没有给出。"
            "请检查网络，或运行：sudo apt install python3-venv，再试一次。",
            "This Python comes without pip, and your package index (PIP_INDEX_URL or pip's settings) did not give one. "
            "Check the network, or: sudo apt install python3-venv, then try again.",
        ) from None
    if hashlib.sha256(content).hexdigest() != PIP_SHA256:
        raise BootstrapError(
            "下载的 pip 与登记的不一致，没有使用。请换一个网络再试。",
            "The pip that came is not the one on record and was not used. Try another network.",
        )
    path = Path(tempfile.mkdtemp(prefix="renovation-pip-")) / PIP_WHEEL
    path.write_bytes(content)
    return path


def _install(pip: list[str], what: list[str], *, total: int) -> None:
    """Run pip and count packages as they come; on failure show its last lines."""
    command = [*pip, "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", *what]
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    tail: deque[str] = deque(maxlen=25)
    seen = 0
    on_screen = sys.stdout.isatty()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=variables,
    ) as process:
        for line in process.stdout or ():
            tail.append(line)
            if found := re.match(r"(Collecting|Requirement already satisfied:) ([A-Za-z0-9_.-]+)", line):
                seen += 1
                progress = f"  [{min(seen, total)}/{total}] {found[2]}"
                if on_screen:
                    print(f"\r{progress:<60}", end="", flush=True)
                elif total and seen % 20 == 0:
                    print(progress, flush=True)
            elif line.startswith("Installing collected packages"):
                print("\r" * on_screen + f"  {'正在写入 | writing':<60}", flush=True)
    if process.returncode:
        print("".join(tail))
        raise BootstrapError(
            "没有装成。请检查网络和磁盘空间后再试；若公司或学校有镜像，请设置 PIP_INDEX_URL。",
            "Not installed. Check the network and the disk, then try again; behind a mirror set PIP_INDEX_URL.",
        )
