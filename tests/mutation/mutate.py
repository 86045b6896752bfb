"""Plant one fault at a time in services, store and units, and see whether a test notices: ``make mutation``.

    python tests/mutation/mutate.py --sample 300 --seed 1          # so many faults, as many from every wing
    python tests/mutation/mutate.py --only services/polls/codes    # every fault of what matches

First the tests run once under a tracer, which tells which test runs which line. Then, for each fault, a fork of this
process, which holds the libraries already, imports the program with the fault in it and runs the tests that pass there,
nearest and quickest first, until one fails. What no test notices is printed with its place.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import importlib
import importlib.abc
import importlib.util
import json
import os
import pickle
import pkgutil
import random
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import tomllib
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402 (found beside the checkout's own packages)
from operators import Fault, faults  # noqa: E402

#: Where faults are planted; ``demo`` is content, the schema is data, and migrations have run before.
PLACES = (
    "renovation/services",
    "renovation/store",
    "renovation/imports/files/values/units.py",
    "renovation/imports/files/values/values.py",
)
LEFT_OUT = ("/demo/", "/schema/", "/migrations/", "/migrate.py", "__init__.py", "__main__.py")
#: What runs the planted code, short of a browser and of storms.
TESTS = ("services", "store", "imports", "exports", "cli", "pages")
#: Rooms that import none of the above: loaded once and for all.
BELOW = ("errors", "config", "model", "rules", "geo", "text")
#: A fault that a hundred and fifty tests or a minute and a half of them do not notice counts as unnoticed.
MOST_TESTS, MOST_SECONDS = 150, 90.0

Lines = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault by its place: the ``index``-th of the file."""

    path: str
    index: int
    kind: str
    function: str
    line: int
    end: int
    before: str
    after: str

    @property
    def wing(self) -> str:
        """The room and the wing it is in."""
        parts = Path(self.path).parts
        return "/".join(parts[1:3]) if len(parts) > 3 else f"{parts[1]}"

    @property
    def name(self) -> str:
        """What tells it from others, also after lines have moved."""
        return f"{self.path} {self.function}: {self.before} → {self.after}"


@dataclass
class Seen:
    """What a test runs, and how long it takes."""

    seconds: float
    lines: dict[str, set[int]]


@dataclass
class Verdict:
    """What became of a mutant; ``killer`` is the test that noticed, or how else it showed."""

    mutant: Mutant
    killer: str | None
    seconds: float


def modules(name: str) -> Iterator[str]:
    """Name a package's modules, without those that do something when they are imported."""
    found = importlib.util.find_spec(name)
    yield name
    for folder in (found.submodule_search_locations or ()) if found else ():
        for one in pkgutil.iter_modules([folder]):
            if one.name not in ("__main__", "migrations", "bootstrap"):
                yield from modules(f"{name}.{one.name}") if one.ispkg else (f"{name}.{one.name}",)


def in_a_fork(work: Callable[[], Any], limit: float) -> Any:
    """Run ``work`` in a fork of this process and return its pickled answer; ``None`` if it does not come in time."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reading)
        silent = os.open(os.environ.get("MUTATION_OUTPUT", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        try:
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(work(), answer)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    os.close(writing)
    told, over, until = b"", False, time.monotonic() + limit
    with os.fdopen(reading, "rb") as answer:
        while (left := until - time.monotonic()) > 0 and select.select([answer], [], [], left)[0]:
            part = os.read(answer.fileno(), 1 << 20)
            told, over = told + part, not part
            if over:
                os.waitpid(child, 0)
                break
    # What it started goes with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not over:
        os.waitpid(child, 0)
    with contextlib.suppress(EOFError, pickle.UnpicklingError):
        return pickle.loads(told)
    return None


def preload() -> dict[str, type[enum.Enum]]:
    """Import what no fault touches, and return the model's enumerations by name."""

    def everything() -> list[str]:
        for name in modules("renovation"):
            importlib.import_module(name)
        return [name for name in sys.modules if not name.startswith("renovation")]

    for name in (*(in_a_fork(everything, 300) or ()), "hypothesis", "streamlit.testing.v1"):
        if not name.startswith("__"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    found: dict[str, type[enum.Enum]] = {}
    for room in BELOW:
        for name in modules(f"renovation.{room}"):
            module = importlib.import_module(name)
            found |= {
                key: value
                for key, value in vars(module).items()
                if isinstance(value, type)
                and issubclass(value, enum.Enum)
                and value.__module__.startswith("renovation")
            }
    return found


def targets(only: str) -> list[str]:
    """Return the files in which faults are planted, as paths from the checkout."""
    files = [
        file for place in PLACES for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    paths = sorted(file.relative_to(ROOT).as_posix() for file in files)
    return [path for path in paths if only in path and not any(part in path for part in LEFT_OUT)]


def run_pytest(shared: Path, arguments: list[str], plugins: list[object]) -> int:
    """Run pytest in this process; dear folders (a migrated store, the demonstration) are shared between runs."""
    # Named as one of several test processes, it looks for them beside its own folder.
    os.environ["PYTEST_XDIST_WORKER"] = "gw0"
    own = tempfile.mkdtemp(dir=shared)
    common = ["-q", "--no-header", f"--basetemp={own}"]
    # Nobody reads why a test failed, so nothing is prepared for telling it.
    common.append("--assert=plain")
    common += [f"-pno:{plugin}" for plugin in ("cacheprovider", "xdist", "anyio", "playwright", "unraisableexception")]
    os.chdir(ROOT)
    try:
        return int(pytest.main([*common, *arguments], plugins=plugins))
    finally:
        shutil.rmtree(own, ignore_errors=True)


class Tracer:
    """A pytest plugin that notes which lines of the files each passing test runs."""

    def __init__(self, files: list[str]) -> None:
        self.seen: dict[str, Seen] = {}
        self._files = {str(ROOT / path): path for path in files}
        self._lines: dict[str, set[int]] = defaultdict(set)
        self._failed: set[str] = set()

    def _call(self, frame: FrameType, _event: str, _value: object) -> Any:
        path = self._files.get(frame.f_code.co_filename)
        if path is None:
            return None
        noted = self._lines[path]
        noted.add(frame.f_lineno)

        def line(inner: FrameType, _event: str, _value: object) -> Any:
            noted.add(inner.f_lineno)
            return line

        return line

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._lines = defaultdict(set)
        begun = time.monotonic()
        threading.settrace(self._call)
        sys.settrace(self._call)
        yield
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        if item.nodeid not in self._failed:
            self.seen[item.nodeid] = Seen(time.monotonic() - begun, dict(self._lines))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)


def trace(shared: Path, files: list[str]) -> dict[str, Seen]:
    """Run the tests once and return what each runs."""

    def work() -> list[tuple[str, float, dict[str, set[int]]]]:
        tracer = Tracer(files)
        folders = [f"tests/{room}" for room in TESTS if (ROOT / "tests" / room).is_dir()]
        run_pytest(shared, [*folders, "-k", "not postgresql", "-m", "not slow and not browser"], [tracer])
        # Plain values: tests of pages put another module in the place of this one.
        return [(test, seen.seconds, seen.lines) for test, seen in tracer.seen.items()]

    told = in_a_fork(work, 2 * 3600)
    if not told:
        raise SystemExit("no test passed; set MUTATION_OUTPUT to a file to see why")
    return {test: Seen(seconds, lines) for test, seconds, lines in told}


class Chosen:
    """A pytest plugin that keeps the chosen tests, in their order, and notes the first that fails."""

    def __init__(self, tests: list[str]) -> None:
        self._order = {test: place for place, test in enumerate(tests)}
        self.failed: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((one for one in items if one.nodeid in self._order), key=lambda one: self._order[one.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid


class Planted(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Import one module from a compiled tree instead of its file."""

    def __init__(self, path: str, code: CodeType) -> None:
        self._name = path.removesuffix(".py").replace("/", ".")
        self._path, self._code = path, code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self._path, loader=self)

    def get_source(self, fullname: str) -> str:
        return (ROOT / self._path).read_text(encoding="utf-8")

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, vars(module))


@dataclass
class Bench:
    """What is needed to try one mutant after another."""

    shared: Path
    enums: dict[str, type[enum.Enum]]
    seen: dict[str, Seen]
    killers: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def mutants(self, path: str) -> list[Mutant]:
        """Return every mutant of a file."""
        _, found = faults((ROOT / path).read_text(encoding="utf-8"), self.enums)
        return [
            Mutant(path, index, one.kind, one.function, one.line, one.end, one.before, one.after)
            for index, one in enumerate(found)
        ]

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that run what the fault changes, those likely to notice first."""
        span = range(mutant.line, mutant.end + 1)

        def met(test: Seen) -> bool:
            lines = test.lines.get(mutant.path, set())
            # What stands outside of functions runs when the module is imported, before any test.
            return bool(lines) if not mutant.function else not lines.isdisjoint(span)

        near = f"tests/{mutant.wing}/"
        before = self.killers[mutant.path, mutant.function]
        found = sorted(
            (test for test, seen in self.seen.items() if met(seen)),
            key=lambda test: (test not in before, not test.startswith(near), self.seen[test].seconds),
        )
        chosen, spent = [], 0.0
        for test in found[:MOST_TESTS]:
            spent += self.seen[test].seconds
            if spent > MOST_SECONDS and chosen:
                break
            chosen.append(test)
        return chosen

    def attempt(self, mutant: Mutant) -> Verdict:
        """Plant one fault and run the tests that could notice."""
        begun = time.monotonic()
        tests = self.tests(mutant)
        if not tests:
            return Verdict(mutant, None, 0.0)

        def work() -> str | None:
            tree, found = faults((ROOT / mutant.path).read_text(encoding="utf-8"), self.enums)
            fault: Fault = found[mutant.index]
            fault.plant()
            sys.meta_path.insert(0, Planted(mutant.path, compile(tree, str(ROOT / mutant.path), "exec")))
            chosen = Chosen(tests)
            files = sorted({test.split("::")[0] for test in tests})
            status = run_pytest(self.shared, [*files, "-x"], [chosen])
            return chosen.failed or (f"pytest ended with {status}" if status else "")

        limit = 60 + 10 * sum(self.seen[test].seconds for test in tests)
        told = in_a_fork(work, limit)
        killer = "no answer in time" if told is None else told or None
        if killer in self.seen and killer not in self.killers[mutant.path, mutant.function]:
            self.killers[mutant.path, mutant.function].append(str(killer))
        return Verdict(mutant, killer, time.monotonic() - begun)


def drawn(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Draw a sample with as many from every wing as there are to be had."""
    chance = random.Random(seed)
    by_wing: dict[str, list[Mutant]] = defaultdict(list)
    for one in mutants:
        by_wing[one.wing].append(one)
    for wing in by_wing.values():
        chance.shuffle(wing)
    kept: list[Mutant] = []
    while len(kept) < size and any(by_wing.values()):
        for wing in sorted(by_wing):
            if by_wing[wing] and len(kept) < size:
                kept.append(by_wing[wing].pop())
    return sorted(kept, key=lambda one: (one.path, one.index))


def equivalents() -> dict[str, str]:
    """Return the mutants that no test can tell from the program, each with its reason."""
    with (HERE / "equivalent.toml").open("rb") as file:
        return {one["mutant"]: one["reason"] for one in tomllib.load(file).get("equivalent", ())}


def table(verdicts: list[Verdict]) -> str:
    """Write the figures of every wing as a Markdown table."""
    planted, killed = (
        Counter(one.mutant.wing for one in verdicts),
        Counter(one.mutant.wing for one in verdicts if one.killer),
    )
    rows = [
        f"| {wing} | {planted[wing]} | {killed[wing]} | {killed[wing] / planted[wing]:.0%} |"
        for wing in sorted(planted)
    ]
    share = f"{killed.total() / max(planted.total(), 1):.1%}"
    total = f"| **all** | **{planted.total()}** | **{killed.total()}** | **{share}** |"
    return "\n".join(["| wing | planted | noticed | share |", "| --- | ---: | ---: | ---: |", *rows, total])


def main() -> int:
    """Plant, print what was not noticed and the figures; exit with 1 below ``--least``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="how many faults, the same share from every wing; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only files whose path holds this")
    parser.add_argument("--match", default="", help="only faults whose line, function or change holds this")
    parser.add_argument(
        "--map", type=Path, help="keep which test runs which line in this file, and use it if it is there"
    )
    parser.add_argument("--least", type=float, default=0.0, help="the share to be noticed")
    asked = parser.parse_args()
    for name in ("RENOVATION_TEST_POSTGRES", "CI"):
        os.environ.pop(name, None)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        bench = Bench(Path(folder), preload(), {})
        files = targets(asked.only)
        if asked.map and asked.map.is_file():
            bench.seen = pickle.loads(asked.map.read_bytes())
        else:
            bench.seen = trace(bench.shared, targets(""))
            if asked.map:
                asked.map.write_bytes(pickle.dumps(bench.seen))
        print(f"{len(bench.seen)} tests traced", flush=True)
        mutants = [one for path in files for one in bench.mutants(path)]
        mutants = [one for one in mutants if asked.match in f"{one.line} {one.kind} {one.name}"]
        chosen = drawn(mutants, asked.sample or len(mutants), asked.seed)
        print(f"{len(mutants)} faults can be planted, {len(chosen)} are", flush=True)
        reasons = equivalents()
        verdicts = []
        for count, one in enumerate(chosen, 1):
            if one.name in reasons:
                print(f"equivalent {one.path}:{one.line} {one.before} → {one.after}: {reasons[one.name]}", flush=True)
                continue
            verdicts.append(bench.attempt(one))
            told = verdicts[-1]
            word = "noticed " if told.killer else "SURVIVED"
            print(
                f"[{count}/{len(chosen)}] {word} {one.path}:{one.line} {one.kind}: {one.before} → {one.after}"
                f" ({told.seconds:.1f} s, {told.killer})",
                flush=True,
            )
    print(f"\nsample {len(chosen)}, seed {asked.seed}, {len(chosen) - len(verdicts)} equivalent\n")
    print(table(verdicts))
    print("\nnot noticed:")
    for told in verdicts:
        if not told.killer:
            print(json.dumps({"mutant": told.mutant.name, "line": told.mutant.line}, ensure_ascii=False))
    return int(sum(bool(told.killer) for told in verdicts) < asked.least * len(verdicts))


if __name__ == "__main__":
    sys.exit(main())
