"""Plant one fault at a time in services, store and units, and see whether a test notices: ``make mutation``.

    python tests/mutation/mutate.py --sample 300 --seed 1          # so many faults, as many from every wing
    python tests/mutation/mutate.py --only services/polls/codes    # every fault of what matches

First the tests run once under a tracer, which tells which test runs which line. Then, for each fault, a fork of this
process, in which the program is loaded and the towns of the tests are laid out, takes the faulty function in the place
of the right one and runs the tests that pass there, quickest first, until one fails. What no test notices is printed
with its place.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import pickle
import pkgutil
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

import coverage  # noqa: E402 (what follows is found beside the checkout's own packages)
import pytest  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from operators import faults  # noqa: E402

#: Where faults are planted; ``demo`` is content, the schema is data, and migrations have run before.
PLACES = ("renovation/services", "renovation/store", "renovation/imports/files/values")
LEFT_OUT = ("/demo/", "/schema/", "/migrations/", "/migrate.py", "__init__.py", "__main__.py")
#: What runs the planted code, short of screens, commands and storms.
TESTS = ("services", "store", "imports")
#: Rooms whose enumerations the planted code names; they import none of it.
BELOW = ("model", "rules", "geo", "text")
#: Too long under a tracer: its tests are taken to run what the answers of the same verb run.
WALKED, ANSWERS = "tests/services/test_verbs.py", "tests/services/test_answers.py"
#: A fault that so many tests, or so many seconds of them, do not notice counts as unnoticed.
MOST_TESTS, MOST_SECONDS = 150, 15.0
PLANT = "MUTATION_PLANT"
_GATHERING = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


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
    tests: int


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


def enumerations() -> dict[str, type[enum.Enum]]:
    """Return the program's enumerations by name."""
    found: dict[str, type[enum.Enum]] = {}
    for room in BELOW:
        package = importlib.import_module(f"renovation.{room}")
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            held = vars(importlib.import_module(one.name)).values()
            kinds = (kind for kind in held if inspect.isclass(kind) and issubclass(kind, enum.Enum))
            found |= {kind.__name__: kind for kind in kinds if kind.__module__.startswith("renovation")}
    return found


def targets(only: str) -> list[str]:
    """Return the files in which faults are planted, as paths from the checkout."""
    files = [file for place in PLACES for file in (ROOT / place).rglob("*.py")]
    paths = sorted(file.relative_to(ROOT).as_posix() for file in files)
    return [path for path in paths if only in path and not any(part in path for part in LEFT_OUT)]


def source(path: str) -> str:
    """Return the text of a file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


def mutants(path: str, enums: dict[str, type[enum.Enum]]) -> list[Mutant]:
    """Return every mutant of a file."""
    return [
        Mutant(path, index, one.kind, one.function, one.line, one.end, one.before, one.after)
        for index, one in enumerate(faults(source(path), enums)[1])
    ]


def planted(path: str, index: int, enums: dict[str, type[enum.Enum]]) -> CodeType:
    """Compile a module with a fault in it."""
    tree, found = faults(source(path), enums)
    found[index].plant()
    return compile(tree, str(ROOT / path), "exec")


class Tracer:
    """Notes which lines of the files are run, test by test."""

    def __init__(self, files: list[str]) -> None:
        self._files = {str(ROOT / path): path for path in files}
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=list(self._files), messages=False)

    def run(self, test: Callable[[], bool]) -> dict[str, set[int]] | None:
        """Return what a test runs; ``None`` where it fails."""
        self._coverage.erase()
        with self._coverage.collect():
            passed = test()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A test that runs none of the files is none to warn of.
            data = self._coverage.get_data()
        lines = {path: set(data.lines(file) or ()) for file, path in self._files.items()} if passed else None
        return {path: held for path, held in lines.items() if held} if lines else None


def inner(code: CodeType) -> list[CodeType]:
    """Return the functions and bodies that stand in a piece of code."""
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def changed(right: CodeType, wrong: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Return the functions that a fault changes; ``None`` where it shows while the module is imported."""
    pairs = list(zip(inner(right), inner(wrong), strict=False))
    if right.co_flags & inspect.CO_OPTIMIZED:
        return [(right, wrong), *(pair for one in pairs for pair in changed(*one) or ())] if right != wrong else []
    own = [
        (code.co_code, code.co_names, [one for one in code.co_consts if not isinstance(one, CodeType)])
        for code in (right, wrong)
    ]
    # What gathers (a list of columns) has run by then, too.
    if own[0] != own[1] or any(one != other and one.co_name in _GATHERING for one, other in pairs):
        return None
    found = [changed(*pair) for pair in pairs]
    return None if None in found else [pair for one in found for pair in one or ()]


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
        return source(self._path)

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, vars(module))


@dataclass(eq=False)
class Bench:
    """A pytest plugin that, in the place of running the tests, tries one mutant after another."""

    asked: argparse.Namespace
    shared: Path
    enums: dict[str, type[enum.Enum]]
    seen: dict[str, Seen] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    _killers: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _items: dict[str, pytest.Item] = field(default_factory=dict)
    _live: dict[str, list[FunctionType]] = field(default_factory=lambda: defaultdict(list))
    _caches: list[Any] = field(default_factory=list)
    _failed: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._trace()
        self._warm()
        everything = [one for path in targets(self.asked.only) for one in mutants(path, self.enums)]
        everything = [one for one in everything if self.asked.match in f"{one.line} {one.kind} {one.name}"]
        chosen = drawn(everything, self.asked.sample or len(everything), self.asked.seed)
        part, of = map(int, self.asked.part.split("/"))
        chosen = chosen[part - 1 :: of]
        print(f"\n{len(everything)} faults can be planted, {len(chosen)} are", flush=True)
        reasons = equivalents()
        for count, one in enumerate(chosen, 1):
            if one.name in reasons:
                print(f"equivalent {one.path}:{one.line} {one.before} → {one.after}: {reasons[one.name]}", flush=True)
                continue
            told = self._attempt(one)
            self.verdicts.append(told)
            print(
                f"[{count}/{len(chosen)}] {'noticed ' if told.killer else 'SURVIVED'} {one.path}:{one.line} {one.kind}:"
                f" {one.before} → {one.after} ({told.seconds:.1f} s, {told.killer or f'{told.tests} tests'})",
                flush=True,
            )
        return True

    def _run(self, item: pytest.Item, following: pytest.Item) -> bool:
        """Run a test and tell whether it passed; what it shares with the following one stays set up."""
        self._failed.discard(item.nodeid)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return item.nodeid not in self._failed

    def _trace(self) -> None:
        """Find out what each test runs that is not known yet."""
        kept = self.asked.map
        if kept and kept.is_file():
            self.seen = {test: Seen(*one) for test, one in pickle.loads(kept.read_bytes()).items()}
        wanted = [item for item in self._items.values() if item.nodeid not in self.seen and WALKED not in item.nodeid]

        def work() -> dict[str, tuple[float, dict[str, set[int]]]]:
            found = {}
            tracer = Tracer(targets(""))
            for item, following in zip(wanted, [*wanted[1:], wanted[-1]], strict=True):
                begun = time.process_time()
                lines = tracer.run(functools.partial(self._run, item, following))
                if lines is not None:
                    found[item.nodeid] = (time.process_time() - begun, lines)
            return found

        told = in_a_fork(work, 2 * 3600) if wanted else {}
        if told is None:
            raise SystemExit("the tracer gave up; set MUTATION_OUTPUT to a file to see why")
        self.seen |= {test: Seen(*one) for test, one in told.items()}
        if kept:
            kept.write_bytes(pickle.dumps({test: (one.seconds, one.lines) for test, one in self.seen.items()}))
        answers = {test.split("[", 1)[1]: one for test, one in self.seen.items() if test.startswith(ANSWERS)}
        for test in self._items:
            if test.startswith(WALKED) and (one := answers.get(test.partition("[sqlite-")[2])):
                self.seen[test] = Seen(one.seconds, one.lines)
        print(f"\n{len(self.seen)} tests known, {len(wanted)} traced anew", flush=True)

    def _warm(self) -> None:
        """Set up what many tests share, once; and note what can be changed in place."""
        done: set[str] = set()
        for test in sorted(self._items.keys() & self.seen.keys(), key=lambda test: self.seen[test].seconds):
            item = self._items[test]
            defined = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
            shared = {name for name, found in defined.items() if found[-1].scope == "session"}
            if shared - done:
                done |= shared
                away = next(one for one in self._items.values() if one.path != item.path)
                self._run(item, away)
        # What was there when the tests had been collected is kept out of sight (``tests/conftest.py``).
        gc.unfreeze()
        for one in gc.get_objects():
            # ``isinstance`` would wake what only looks like something else.
            if type(one) is FunctionType:
                self._live[one.__code__.co_filename].append(one)
            elif type(one) is functools._lru_cache_wrapper and one.__module__.startswith("renovation"):
                self._caches.append(one)
            elif type(one) is sa.Engine:
                # A connection does not outlive a fork.
                one.dispose()
        gc.freeze()

    def _tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that run what the fault changes, those likely to notice first."""
        span = range(mutant.line, mutant.end + 1)

        def met(test: Seen) -> bool:
            lines = test.lines.get(mutant.path, set())
            # What stands outside of functions runs when the module is imported, before any test.
            return bool(lines) if not mutant.function else not lines.isdisjoint(span)

        before = self._killers[mutant.path, mutant.function]

        def order(test: str) -> tuple[bool, float]:
            seen = self.seen[test]
            return test not in before, seen.seconds / len(seen.lines[mutant.path])

        found = sorted((test for test, seen in self.seen.items() if test in self._items and met(seen)), key=order)
        chosen, spent = [], 0.0
        for test in found[:MOST_TESTS]:
            spent += self.seen[test].seconds
            if spent > MOST_SECONDS and chosen:
                break
            chosen.append(test)
        return chosen

    def _attempt(self, mutant: Mutant) -> Verdict:
        """Plant one fault and run the tests that could notice."""
        begun = time.monotonic()
        tests = self._tests(mutant)
        if not tests:
            return Verdict(mutant, None, 0.0, 0)
        wrong = planted(mutant.path, mutant.index, self.enums)
        swaps = changed(compile(source(mutant.path), str(ROOT / mutant.path), "exec"), wrong)
        own = tempfile.mkdtemp(dir=self.shared)
        limit = 60 + 10 * sum(self.seen[test].seconds for test in tests)

        def work() -> str:
            for right, faulty in swaps or ():
                for function in self._live[str(ROOT / mutant.path)]:
                    if function.__code__ == right:
                        function.__code__ = faulty
            for cache in self._caches:
                cache.cache_clear()
            items = [self._items[test] for test in tests]
            items[0].config._tmp_path_factory._basetemp = Path(own)  # type: ignore[attr-defined]
            following = [*items[1:], items[-1]]
            return next(
                (one.nodeid for one, then in zip(items, following, strict=True) if not self._run(one, then)), ""
            )

        told = self._anew(mutant, tests, limit) if not swaps else in_a_fork(work, limit)
        shutil.rmtree(own, ignore_errors=True)
        killer = "no answer in time" if told is None else str(told) or None
        if killer in self.seen and killer not in self._killers[mutant.path, mutant.function]:
            self._killers[mutant.path, mutant.function].append(str(killer))
        return Verdict(mutant, killer, time.monotonic() - begun, len(tests))

    def _anew(self, mutant: Mutant, tests: list[str], limit: float) -> str | None:
        """Try a fault that shows while its module is imported, in a process of its own."""
        planting = os.environ | {PLANT: f"{mutant.path}:{mutant.index}"}
        try:
            ended = subprocess.run(
                [sys.executable, __file__, *tests], env=planting, capture_output=True, timeout=limit + 240, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        return f"pytest ended with {ended.returncode}" if ended.returncode else ""


def drawn(found: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Draw a sample with as many from every wing as there are to be had."""
    chance = random.Random(seed)
    by_wing: dict[str, list[Mutant]] = defaultdict(list)
    for one in found:
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
    planted_in = Counter(one.mutant.wing for one in verdicts)
    noticed = Counter(one.mutant.wing for one in verdicts if one.killer)
    rows = [
        f"| {wing} | {planted_in[wing]} | {noticed[wing]} | {noticed[wing] / planted_in[wing]:.0%} |"
        for wing in sorted(planted_in)
    ]
    share = f"{noticed.total() / max(planted_in.total(), 1):.1%}"
    total = f"| **all** | **{planted_in.total()}** | **{noticed.total()}** | **{share}** |"
    return "\n".join(["| wing | planted | noticed | share |", "| --- | ---: | ---: | ---: |", *rows, total])


def arguments(basetemp: Path) -> Iterator[str]:
    """Say how pytest runs; nobody reads why a test failed, so nothing is prepared for telling it."""
    yield from ("-q", "--no-header", "-s", "--assert=plain", f"--basetemp={basetemp}")
    for plugin in ("cacheprovider", "xdist", "anyio", "playwright", "unraisableexception"):
        yield f"-pno:{plugin}"


def main() -> int:
    """Plant, print what was not noticed and the figures; exit with 1 below ``--least``."""
    for name in ("RENOVATION_TEST_POSTGRES", "CI"):
        os.environ.pop(name, None)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.chdir(ROOT)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="how many faults, as many from every wing; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only files whose path holds this")
    parser.add_argument("--part", default="1/1", help="2/3: the second of three processes that share the work")
    parser.add_argument("--match", default="", help="only faults whose line, function or change holds this")
    parser.add_argument("--map", type=Path, help="keep what the tracer found in this file, and use what is there")
    parser.add_argument("--least", type=float, default=0.0, help="the share to be noticed")
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        common = list(arguments(Path(folder, "tests")))
        if planting := os.environ.get(PLANT):
            path, _, index = planting.rpartition(":")
            sys.meta_path.insert(0, Planted(path, planted(path, int(index), enumerations())))
            return int(pytest.main([*common, "-x", *sys.argv[1:]]))
        asked = parser.parse_args()
        bench = Bench(asked, Path(folder), enumerations())
        rooms = [f"tests/{room}" for room in TESTS]
        pytest.main([*common, *rooms, "-k", "not postgresql", "-m", "not slow and not browser"], plugins=[bench])
    print(f"\nsample {asked.sample or 'of all'}, seed {asked.seed}, {len(bench.verdicts)} planted\n")
    print(table(bench.verdicts))
    print("\nnot noticed:")
    for told in bench.verdicts:
        if not told.killer:
            print(json.dumps({"mutant": told.mutant.name, "line": told.mutant.line}, ensure_ascii=False))
    noticed = sum(bool(told.killer) for told in bench.verdicts)
    return int(noticed < asked.least * len(bench.verdicts))


if __name__ == "__main__":
    sys.exit(main())
