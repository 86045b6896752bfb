"""What counting and deciding costs: ``python benchmarks/rules.py [--pabutools]``.

Medians of a few repeats, wall clock and processor time (they differ on a busy machine). Real elections are read from
``PABULIB_DIR``; without it only the shipped one and synthetic ballots are measured. ``--pabutools`` runs pabutools
(GPL-3) beside it in an environment of its own, ``benchmarks/.venv-oracle``, which it makes with
``pip install --no-deps pabutools natsort numpy gmpy2 preflibtools pulp`` (no proprietary solver is installed).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.elections import Candidate, Instance
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import profile_from_arrays
from renovation.rules.election.settings import Add1, Settings
from renovation.rules.election.tally import tally

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("PABULIB_DIR", ROOT.parent / "shared" / "data" / "pabulib")) / "files"
WIELICZKA = ROOT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"
LODZ, URSYNOW = FOLDER / "Poland_Lodz_2022.pb", FOLDER / "Poland_Warszawa_2023_Ursynow.pb"
ADD1 = Settings(add1=Add1.EXHAUSTIVE)
ORACLE = HERE / ".venv-oracle"


def row(work: str, act: Callable[[], Any], *, goal: str = "", repeats: int = 5) -> float:
    """Time ``act``, print its line, and return the median wall time in seconds."""
    wall, cpu = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        act()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    print(f"{work:<66} {statistics.median(wall):9.4f} {statistics.median(cpu):9.4f}  {goal}", flush=True)
    return statistics.median(wall)


def real() -> None:
    """Measure real elections."""
    read = read_pabulib(WIELICZKA)
    row("Wieliczka: Equal Shares + Add1", lambda: allocate("mes", read.instance, read.profile, ADD1))
    if not LODZ.exists():
        print(f"(no further elections in {FOLDER})")
        return

    def count_lodz() -> None:
        found = read_pabulib(LODZ)
        tally(found.instance, found.profile)
        allocate("greedy", found.instance, found.profile)

    row("Łódź: read + tally + greedy", count_lodz, goal="≤ 0.3")
    lodz = read_pabulib(LODZ)
    row("Łódź: Equal Shares, reasons included", lambda: allocate("mes", lodz.instance, lodz.profile), goal="≤ 0.1")
    row("Łódź: Equal Shares + Add1", lambda: allocate("mes", lodz.instance, lodz.profile, ADD1), goal="≤ 1")
    for rule in ("greedy-per-cost", "phragmen", "max-welfare"):
        row(f"Łódź: {rule}", lambda rule=rule: allocate(rule, lodz.instance, lodz.profile))
    ursynow = read_pabulib(URSYNOW)
    work = "Ursynów: Equal Shares + Add1"
    row(work, lambda: allocate("mes", ursynow.instance, ursynow.profile, ADD1), goal="≤ 2.5", repeats=3)
    files = sorted(str(path) for path in FOLDER.glob("*.pb"))
    command = [sys.executable, "-m", "renovation.cli", "tally", "--format", "json", *files]
    row(
        f"renovation tally over {len(files)} files (processor time is the child's own)",
        lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL),
        goal="≤ 5",
        repeats=3,
    )


def memory() -> None:
    """Measure the peak over an idle interpreter with the same imports (Linux tells it)."""
    if not Path("/proc/self/status").exists():
        return
    script = (
        "import sys\n"
        "def peak(): return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM'))\n"
        "from renovation.imports.polls.pabulib import read_pabulib\n"
        "from renovation.rules.allocation.registry import allocate\n"
        "from renovation.rules.election.settings import *\n"
        "idle=peak()\n"
        "e=read_pabulib(sys.argv[1])\n"
        "for rule in ('greedy','mes'): allocate(rule,e.instance,e.profile)\n"
        "allocate('mes',e.instance,e.profile,Settings(add1=Add1.EXHAUSTIVE))\n"
        "print((peak()-idle)/1024)\n"
    )
    path = LODZ if LODZ.exists() else WIELICZKA
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    print(f"{path.stem}: peak memory over an idle interpreter, MiB {float(done.stdout):24.1f}            ≤ 150")


def synthetic() -> None:
    """Measure 10,000 to 1,000,000 approval ballots over 60 projects, from arrays."""
    random = np.random.default_rng(20261121)
    costs = random.integers(20, 200, 60) * 1000
    instance = Instance(
        projects=tuple(Candidate(id=f"{n:02}", name="", cost=int(cost)) for n, cost in enumerate(costs)),
        budget=int(costs.sum() // 3),
        scale=1,
    )
    liked = random.random(60) ** 2
    liked /= liked.sum()
    times: dict[int, tuple[float, float]] = {}
    for size in (10_000, 100_000, 1_000_000):
        lengths = random.integers(1, 8, size)
        starts = np.concatenate(([0], np.cumsum(lengths)))
        choices = random.choice(60, int(starts[-1]), p=liked)
        profile = profile_from_arrays(instance, starts=starts, choices=choices, merge=False)
        counted = row(f"{size:,} ballots × 60: tally", lambda p=profile: tally(instance, p), goal="≤ 0.15 at 1M")

        def decide(p: Any = profile) -> None:
            merged = profile_from_arrays(instance, starts=p.starts, choices=p.choices)
            allocate("mes", instance, merged)

        decided = row(f"{size:,} ballots × 60: merge + Equal Shares", decide, goal="≤ 0.5 at 1M", repeats=3)
        times[size] = (counted, decided)
    for place, work in enumerate(("tally", "Equal Shares")):
        power = np.log(times[1_000_000][place] / times[10_000][place]) / np.log(100)
        print(f"{work}: time grows as n^{power:.2f} from 10,000 to 1,000,000 ballots")


def welfare() -> None:
    """Measure maximum welfare: 200 projects, 10 category budgets, exclusive pairs."""
    random = np.random.default_rng(7)
    projects = tuple(
        Candidate(id=f"{n:03}", name="", cost=int(random.integers(5, 120)) * 1_000_00, categories=(f"k{n % 10}",))
        for n in range(200)
    )
    total = sum(project.cost for project in projects)
    instance = Instance(projects=projects, budget=total // 3)
    size = 3000
    choices = np.sort(random.integers(0, 200, (size, 5)), axis=1).ravel()
    profile = profile_from_arrays(instance, starts=np.arange(size + 1) * 5, choices=choices)
    settings = Settings(
        category_budgets={f"k{k}": total // 25 for k in range(10)},
        exclusive=tuple((f"{n:03}", f"{n + 57:03}") for n in range(0, 100, 5)),
    )
    row(
        "maximum welfare: 200 projects, 10 budgets, 20 exclusive pairs",
        lambda: allocate("max-welfare", instance, profile, settings),
        goal="≤ 1, proven",
    )
    found = [allocate(rule, instance, profile, settings) for rule in ("max-welfare", "greedy")]
    votes = [sum(outcome.score for outcome in allocation.outcomes if outcome.selected) for allocation in found]
    print(f"  total score {votes[0]}, greedy {votes[1]}")


def pabutools() -> None:
    """Run pabutools on the same files, once each, and compare."""
    if not ORACLE.exists():
        venv.create(ORACLE, with_pip=True)
        packages = ["pabutools", "natsort", "numpy", "gmpy2", "preflibtools", "pulp"]
        subprocess.run([ORACLE / "bin" / "pip", "install", "-q", "--no-deps", *packages], check=True)
    jobs = [(WIELICZKA, "mes", Settings()), (WIELICZKA, "add1", ADD1)]
    if LODZ.exists():
        jobs += [(LODZ, "mes", Settings())]
    for path, work, settings in jobs:
        script = [ORACLE / "bin" / "python", HERE / "_rules_pabutools.py", path, work]
        answer = json.loads(subprocess.run(script, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        read = read_pabulib(path)
        ours = row(f"{path.stem}: {work}", lambda s=settings, e=read: allocate("mes", e.instance, e.profile, s))
        same = sorted(allocate("mes", read.instance, read.profile, settings).winners) == answer["winners"]
        print(
            f"  pabutools, merged ballots: {answer['rule']:.1f} s, {answer['rule'] / ours:.0f}×, same winners: {same}"
        )


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pabutools", action="store_true")
    given, _ = parser.parse_known_args()
    print(f"{'work':<66} {'wall s':>9} {'cpu s':>9}  goal")
    real()
    memory()
    synthetic()
    welfare()
    if given.pabutools:
        pabutools()
    print(f"peak memory of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
