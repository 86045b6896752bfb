"""A bare Debian below one folder, for the page that sets a town up: its files, its PostgreSQL, its nginx, its init.

Commands run as they stand; only places are other ones (:attr:`Machine.table`). PostgreSQL is a cluster of its own, set
as Debian sets it, nginx runs with Debian's own main file, and units are started from the files that were copied, as
systemd reads them: there is no init in a container.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from town_harness import free_ports, until_it_answers

from renovation.config import CHECKOUT

#: Commands of the page that run as they stand, by how they begin.
RUN = (
    "cp -r . ", "cp deploy/", "cp server.crt ", "cd /opt/renovation", "mkdir -p ", "chown ", "chmod ",
    "ln -s /etc/nginx/", "rm -f /etc/nginx/", "cat > /etc/renovation/", "cat > /etc/postgresql/", "echo '",
    "install -d -o postgres ", "mv /var/lib/postgresql/", "rm /etc/postgresql/",
    "rm -r /var/lib/postgresql/",
    "set -a; . /etc/renovation/environment; set +a",
    "su postgres -c ", "su renovation -s /bin/sh -c ", "git pull", ".venv/bin/renovation move --to ",
    "scp -r .renovation/",
)  # fmt: skip
#: Commands that this module carries out itself, as the init of a machine would, and nginx.
PLAYED = ("systemctl ", "nginx -t")
#: Commands that no container runs, and who holds them instead.
NOT_RUN = {
    "apt-get update": "asks Debian's servers",
    "apt-get install": "CI installs the same packages before the tests",
    "useradd ": "changes the machine's own accounts; the user of the tests stands for this one",
    "python3 renovation/bootstrap install": "fetches every package; the environment of the tests stands there instead",
    "ssh -f -N -L ": "needs another machine; the database answers at a port of this one as well",
}
#: What the reader types when asked for a password.
_PASSWORD = "口令"
#: What the page says for a day and for a moment that the reader knows.
_DAY, _MOMENT = "日期", "时刻"
_DATABASE = "postgresql"
_IS_ROOT = os.geteuid() == 0
_AS_POSTGRES = "su postgres" if _IS_ROOT else "PGUSER=postgres /bin/sh"
_PATIENCE_S = 600
_SYSTEMS_OWN = ("/bin/sh", "/dev/null")


@dataclass(frozen=True)
class Block:
    """A fenced block: the number of its section, whether it is typed on the laptop, and its commands."""

    section: int
    on_laptop: bool
    commands: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """Read the commands of a page, in order."""
    found: list[Block] = []
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        for fenced in re.findall(r"^```shell\n(.*?)^```", part, re.DOTALL | re.MULTILINE):
            lines = fenced.splitlines()
            commands: list[str] = []
            while lines:
                line = lines.pop(0)
                if "<<END" in line:
                    while (more := lines.pop(0)) != "END":
                        line += f"\n{more}"
                    commands.append(f"{line}\nEND")
                elif line.strip() and not line.startswith("#"):
                    commands += _parted(line)
            found.append(Block(int(part.split(".")[0]), "On the laptop" in fenced.splitlines()[0], tuple(commands)))
    return found


def _parted(line: str) -> list[str]:
    """Part a line at each ``&&`` that stands in no quotes."""
    parts = [""]
    for piece in line.split(" && "):
        if parts[-1] and any(parts[-1].count(mark) % 2 for mark in "'\""):
            parts[-1] += f" && {piece}"
        else:
            parts.append(piece)
    return parts[1:]


@dataclass
class Machine:
    """The machine.

    ``typed`` is what was run, as the page says it; ``said`` what came out of it; ``programs`` are PostgreSQL's, and
    ``moment`` is the one to which its database goes back.
    """

    root: Path
    ports: dict[str, int]
    laptop: Path
    programs: Path
    moment: str = ""
    typed: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    _units: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _environment: dict[str, str] = field(default_factory=dict)
    _here: Path = Path()

    @property
    def sockets(self) -> Path:
        """The folder of PostgreSQL's socket."""
        return self.root / "var/run/postgresql"

    @property
    def data(self) -> Path:
        """The folder of PostgreSQL's data, where Debian has it."""
        return self.root / "var/lib/postgresql/15/main"

    @property
    def table(self) -> tuple[tuple[str, str], ...]:
        """What stands for what: places and ports of ours for those of the page and of the files in ``deploy/``."""
        me = pwd.getpwuid(os.geteuid()).pw_name
        ports = (
            ("listen 80;", f"listen 127.0.0.1:{self.ports['http']};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.ports['https']} ssl;"),
            ("listen [::]:80;", ""), ("listen [::]:443 ssl;", ""),
            ("8601", str(self.ports["web1"])), ("8602", str(self.ports["web2"])), ("8501", str(self.ports["staff"])),
            ("127.0.0.1:15432", f"127.0.0.1:{self.ports['postgres']}"),
        )  # fmt: skip
        people = (
            ("scp -r ", "cp -r "), ("root@vote.example:", ""), ("chown -R renovation ", f"chown -R {me} "),
            ("chown renovation ", f"chown {me} "), ("su renovation -s /bin/sh -c ", "/bin/sh -c "),
            ("-o postgres -g postgres ", "-o postgres -g postgres " if _IS_ROOT else ""),
            ("su postgres -c ", f"PGHOST={self.sockets} {_AS_POSTGRES} -c "),
        )  # fmt: skip
        places = (
            "/opt/", "/etc/", "/mnt/", "/var/lib/renovation", "/var/lib/postgresql", "/var/run/postgresql",
            "/var/log/nginx", "/run/nginx.pid",
        )  # fmt: skip
        return (*ports, *people, *((place, f"{self.root}{place}") for place in places))

    def at_ours(self, said: str) -> str:
        """Put our places into a text. What stands for a place is not looked through again."""
        table = dict(self.table)
        return re.sub("|".join(map(re.escape, table)), lambda found: table[found[0]], said)

    def follow(self, block: Block) -> None:
        """Carry out a block as whoever begins to type there: in the folder of the last one, with nothing set."""
        self._environment = {}
        before, self._here = self._here, self.laptop if block.on_laptop else self._here
        for command in block.commands:
            self.typed.append(command)
            if command.startswith(PLAYED):
                self._play(command.split())
            elif not command.startswith(tuple(NOT_RUN)):
                assert command.startswith(RUN), f"neither run nor named: {command}"
                self.said[command] = self._run(command)
        if block.on_laptop:
            self._here = before

    def _clean(self, program: Path) -> dict[str, str]:
        """Return the variables of a fresh shell; the program is the one in a folder of the machine."""
        return {
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LANG": "C.UTF-8",
            "HOME": str(self.root / "var/lib/renovation"),
            "PYTHONPATH": str(program), "GIT_CONFIG_GLOBAL": "/dev/null",
            # Ports of ours, where the page goes without saying.
            "PGPORT": str(self.ports["postgres"]), "RENOVATION_PORT": str(self.ports["staff"]),
            "RENOVATION_WEB_PORT": str(self.ports["web1"]),
        }  # fmt: skip

    def _run(self, command: str) -> str:
        ours = self.at_ours(command.replace(_DAY, time.strftime("%F")).replace(_MOMENT, self.moment))
        outside = [
            path for path in re.findall(r"(?<![\w.:@/*~-])/[\w./-]+", ours)
            if not path.startswith((str(self.root), *_SYSTEMS_OWN)) and "://" not in path
        ]  # fmt: skip
        assert not [path for path in outside if path != "/renovation"], (outside, ours)
        notes = self.root / "shell"
        after = f"{ours}\nenv -0 > {notes}.environment; pwd > {notes}.folder"
        program = self.laptop if self._here == self.laptop else self.root / "opt/renovation"
        done = subprocess.run(
            ["bash", "-e", "-c", after],
            cwd=self._here,
            env={**self._clean(program), **self._environment},
            input=f"{_PASSWORD}\n{_PASSWORD}\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
            # Without a terminal, passwords are read from what is sent.
            start_new_session=True,
        )
        assert done.returncode == 0, f"{command}\n→ {ours}\n{done.stdout}\n{done.stderr}"
        told = (line.partition("=") for line in Path(f"{notes}.environment").read_text("utf-8").split("\0"))
        self._environment = {name: value for name, _, value in told if name.startswith("RENOVATION_")}
        self._here = Path(Path(f"{notes}.folder").read_text("utf-8").strip())
        if command.startswith("cp -r . "):
            (self.root / "opt/renovation/.venv").symlink_to(sys.prefix)
        return done.stdout + done.stderr

    def _play(self, words: Sequence[str]) -> None:
        if words[0] == "nginx":
            self._nginx()
        elif words[1:] == ["reload", "nginx"]:
            self._reload_nginx()
        elif words[1] != "daemon-reload":
            named = [word for word in words[2:] if not word.startswith("-")]
            for unit in [one for name in named for one in self._parts(name)]:
                if words[1] in ("stop", "restart"):
                    self._stop(unit)
            if words[1] != "stop":
                for unit in [one for name in named for one in self._parts(name)]:
                    self._start(unit)
                self.until_all_serve()

    def _parts(self, name: str) -> list[str]:
        """Return the services behind the name of a unit."""
        if not name.endswith(".target"):
            return [name.removesuffix(".service")]
        wanted = self._unit_lines(name)["Wants"]
        return [one.removesuffix(".service") for line in wanted for one in line.split()]

    def _unit_lines(self, file: str) -> dict[str, list[str]]:
        lines: dict[str, list[str]] = {}
        for line in (self.root / "etc/systemd/system" / file).read_text("utf-8").splitlines():
            name, mark, value = line.partition("=")
            if mark:
                lines.setdefault(name, []).append(value)
        return lines

    def _start(self, unit: str) -> None:
        if unit in self._units:
            return
        if unit == _DATABASE:
            self._start_database()
            return
        name, mark, instance = unit.partition("@")
        lines = self._unit_lines(f"{name}{mark}.service")

        def of(key: str) -> list[str]:
            return [self.at_ours(value.replace("%i", instance)) for value in lines.get(key, ())]

        said = of("Environment")
        for file in of("EnvironmentFile"):
            if Path(file.removeprefix("-")).exists() or not file.startswith("-"):
                said += Path(file.removeprefix("-")).read_text("utf-8").splitlines()
        given = {key: value for key, _, value in (one.partition("=") for one in said)}
        (folder,), (command,) = of("WorkingDirectory"), of("ExecStart")
        with (self.root / f"{name}-{self.at_ours(instance)}.out").open("ab") as out:
            self._units[unit] = subprocess.Popen(
                shlex.split(command), cwd=folder, env={**self._clean(Path(folder)), **given},
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def _keep_up(self, unit: str) -> None:
        """Begin a unit anew that has ended by itself, where its file asks for that."""
        if unit != _DATABASE and self._units[unit].poll() is not None:
            name, mark, _ = unit.partition("@")
            assert self._unit_lines(f"{name}{mark}.service")["Restart"] == ["always"], self.out()
            del self._units[unit]
            self._start(unit)

    def _stop(self, unit: str) -> None:
        process = self._units.pop(unit, None)
        if process is not None:
            # As Debian does: who is connected does not keep the database's server from ending.
            process.send_signal(signal.SIGINT if unit == _DATABASE else signal.SIGTERM)
            process.wait(_PATIENCE_S)

    def _start_database(self) -> None:
        """Run PostgreSQL as Debian sets it."""
        settings = (
            f"unix_socket_directories={self.sockets}", "listen_addresses=127.0.0.1", f"port={self.ports['postgres']}"
        )  # fmt: skip
        said = self.root / "var/log/postgresql/postgresql.log"
        with said.open("ab") as out:
            server = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.data), *(w for one in settings for w in ("-c", one))],
                stdout=out, stderr=subprocess.STDOUT, cwd="/", **_as_postgres(),  # type: ignore[call-overload]
            )  # fmt: skip
        self._units[_DATABASE] = server
        asked = [str(self.programs / "pg_isready"), "-h", str(self.sockets), "-p", str(self.ports["postgres"])]
        while subprocess.run(asked, capture_output=True, check=False).returncode:
            assert server.poll() is None, said.read_text()
            time.sleep(0.1)

    def until_all_serve(self) -> None:
        """Wait until every unit that was started answers; what lost its database and ended is begun anew."""
        for unit in list(self._units):
            self._keep_up(unit)
            port = self.at_ours(unit.partition("@")[2])
            if port:
                until_it_answers(int(port))

    def asked(self, question: str) -> list[str]:
        """Return what the database answers to its administrator."""
        there = {"PGUSER": "postgres", "PGHOST": str(self.sockets), "PGPORT": str(self.ports["postgres"])}
        command = ["psql", "-d", "renovation", "-qtAc", question]
        told = subprocess.run(command, env={**os.environ, **there}, capture_output=True, text=True, check=True)
        return told.stdout.splitlines()

    def signed_in(self) -> set[str]:
        """Return as whom the program's processes are known to the database."""
        return set(self.asked("SELECT usename FROM pg_stat_activity WHERE datname = 'renovation'")) - {"postgres"}

    def out(self) -> str:
        """Return what the processes said to their terminal."""
        return "".join(file.read_text("utf-8", "replace") for file in sorted(self.root.glob("*.out")))

    def logs(self) -> str:
        """Return every line that any server wrote down: the program, nginx and PostgreSQL."""
        files = [*(self.root / "var/log").rglob("*"), *(self.root / "var/lib/renovation/logs").rglob("*")]
        return self.out() + "".join(file.read_text("utf-8", "replace") for file in files if file.is_file())

    def _nginx(self) -> list[str]:
        """Check nginx's files with the main one of Debian around them; return the command line that runs it."""
        run = self.root / "nginx"
        (run / "sites").mkdir(parents=True, exist_ok=True)
        shutil.rmtree(run / "sites")
        (run / "sites").mkdir()
        for site in (self.root / "etc/nginx/sites-enabled").iterdir():
            (run / "sites" / site.name).write_text(self.at_ours(site.read_text("utf-8")), "utf-8")
        main = Path("/etc/nginx/nginx.conf").read_text("utf-8")
        for shipped, ours in (
            ("/etc/nginx/sites-enabled/", f"{run}/sites/"), ("/etc/nginx/conf.d/", f"{run}/conf.d/"),
            ("/var/log/nginx/", f"{self.root}/var/log/nginx/"), ("/run/nginx.pid", f"{run}/nginx.pid"),
        ):  # fmt: skip
            assert shipped in main, shipped
            main = main.replace(shipped, ours)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "\n".join(f"{kind}_temp_path {run}/{kind};" for kind in kinds)
        (run / "nginx.conf").write_text(main.replace("http {", f"http {{\n{places}", 1), "utf-8")
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program
        command = [program, "-e", f"{self.root}/var/log/nginx/error.log", "-c", str(run / "nginx.conf")]
        done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return command

    def _reload_nginx(self) -> None:
        command = self._nginx()
        if "nginx" in self._units:
            subprocess.run([*command, "-s", "reload"], check=True)
        else:
            self._units["nginx"] = subprocess.Popen([*command, "-g", "daemon off;"])
            while not (self.root / "nginx/nginx.pid").exists():
                time.sleep(0.05)

    def end(self) -> None:
        """End everything that was started."""
        for unit in reversed(list(self._units)):
            self._stop(unit)


def _as_postgres() -> dict[str, object]:
    """Return as whom the database's server runs: it refuses root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": ()} if _IS_ROOT else {}


def _lay_cluster(machine: Machine) -> None:
    """Make a PostgreSQL of our own as Debian sets it: by the system's user at the socket, by password else."""
    log = machine.root / "var/log/postgresql"
    for folder in (machine.data, machine.sockets, log):
        folder.mkdir(parents=True)
    if _IS_ROOT:
        for folder in (machine.data.parent, machine.data, machine.sockets, log):
            shutil.chown(folder, "postgres", "postgres")
    command = [str(machine.programs / "initdb"), "-D", str(machine.data), "-U", "postgres", "-E", "UTF8", "--no-sync"]
    subprocess.run(
        [*command, "--locale=C.UTF-8", "--auth-local=peer"], check=True, capture_output=True, cwd="/",
        **_as_postgres(),  # type: ignore[call-overload]
    )  # fmt: skip
    lines = (
        "local all all peer map=page",
        "local replication all peer map=page",
        "host all all 127.0.0.1/32 scram-sha-256",
    )
    (machine.data / "pg_hba.conf").write_text("\n".join((*lines, "")))
    settings = machine.root / "etc/postgresql/15/main/conf.d"
    settings.mkdir(parents=True)
    with (machine.data / "postgresql.conf").open("a") as file:
        file.write(f"include_dir = '{settings}'\n")
    # The user of the tests is both of the page's users.
    me = pwd.getpwuid(os.geteuid()).pw_name
    (machine.data / "pg_ident.conf").write_text(f"page {me} postgres\npage {me} renovation\npage postgres postgres\n")


def _copy(checkout: Path, upstream: Path) -> None:
    """Lay the checkout down as somebody else got it: a clone of a repository that may go on."""
    git = ["git", "-c", "safe.directory=*", "-c", "user.name=town", "-c", "user.email=town@localhost"]
    asked = [*git, "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    named = subprocess.run(asked, capture_output=True, check=True).stdout.decode().split("\0")
    git += ["-c", "core.autocrlf=false", "-c", "core.safecrlf=false"]
    for name in named:
        if (CHECKOUT / name).is_file():
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, upstream / name)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "A version"]):
        subprocess.run([*git, "-C", str(upstream), *words], check=True)
    subprocess.run([*git, "clone", "-q", str(upstream), str(checkout)], check=True)


@contextmanager
def bare_machine(root: Path, programs: Path) -> Iterator[Machine]:
    """Yield a machine on which nothing is set up, with the checkout lying on it."""
    names = ("web1", "web2", "staff", "http", "https", "postgres")
    with ExitStack() as kept:
        machine = Machine(root, dict(zip(names, free_ports(len(names)), strict=True)), root / "laptop", programs)
        for folder in ("opt", "mnt", "etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled",
                       "var/log/nginx", "var/lib/renovation"):  # fmt: skip
            (root / folder).mkdir(parents=True)
        (root / "etc/nginx/sites-enabled/default").symlink_to("/etc/nginx/sites-available/default")
        _copy(machine.laptop, root / "upstream")
        machine._here = machine.laptop
        _lay_cluster(machine)
        kept.callback(machine.end)
        machine._start(_DATABASE)
        yield machine
