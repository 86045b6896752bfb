"""The one door to HiGHS, a mixed-integer solver: in this process, or in a child that tells progress and can be stopped.

scipy's ``milp`` neither reports nor stops. The child runs the same call with HiGHS's log switched on; the parent
reads the log for progress and ends the child when asked. Same input, same answer, either way.
"""

from __future__ import annotations

import base64
import io
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from renovation.errors import UnavailableError

if TYPE_CHECKING:
    # Half a second to import; only what really solves needs it.
    from scipy import sparse

Floats = npt.NDArray[np.float64]

_RESULT = "RESULT:"
_OFFSET = "OFFSET:"
#: HiGHS prints a row per step of its search: … best bound, best solution, gap …
_LOG_ROW = re.compile(
    r"(?P<bound>[-+.\deE]+|[-+]?inf)\s+(?P<best>[-+.\deE]+|[-+]?inf)\s+(?P<gap>[\d.]+%|inf|Large)\s+\d+\s+\d+\s+\d+"
)


#: Whole columns of a problem that is solved before a child process has started.
SMALL = 100
#: How many columns the core of a large problem leaves open, in turn.
CORE_SIZES = (300, 900)


class MilpState(StrEnum):
    """How HiGHS ended."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"
    INFEASIBLE = "infeasible"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milp:
    """Maximise ``value @ x`` with ``low <= rows @ x <= high`` and ``0 <= x <= upper``; ``integer`` marks whole ones."""

    value: Floats
    rows: sparse.csr_array
    low: Floats
    high: Floats
    upper: Floats
    integer: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class MilpResult:
    """The best point found (``None`` if none) and an upper bound of the value."""

    state: MilpState
    x: Floats | None
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A step of the search: best value so far, bound, and gap as a share (``None`` before anything is found)."""

    best: float | None
    bound: float | None
    gap: float | None


Report = Callable[[Progress], None]
Cancel = Callable[[], bool]


def solve_milp(
    problem: Milp,
    *,
    gap: float = 0.0,
    time_limit: float = 60.0,
    report: Report | None = None,
    cancel: Cancel | None = None,
) -> MilpResult:
    """Solve a problem.

    Parameters
    ----------
    gap
        Relative gap at which the search may end.
    time_limit
        Seconds.
    report, cancel
        Called a few times a second from this thread; with either of them the search runs in a child process, unless
        it is too small to be worth one (then ``cancel`` is asked once, before).
    """
    if cancel is not None and cancel():
        return MilpResult(state=MilpState.CANCELLED, x=None, bound=np.inf)
    is_watched = report is not None or cancel is not None
    if is_watched and int(problem.integer.sum()) > SMALL:
        return _solve_in_child(problem, gap, time_limit, report, cancel)
    return _solve(problem, gap=gap, time_limit=time_limit, is_logging=False)


def _solve(problem: Milp, *, gap: float, time_limit: float, is_logging: bool) -> MilpResult:
    """Solve in this process: a large problem by its core first, when a gap is allowed.

    The relaxation without whole numbers gives the bound. Columns it settles clearly keep its answer; the few hundred
    whose reduced cost is smallest are solved exactly (the core concept of Balas & Zemel 1980). If that comes within
    the gap of the bound it is proven good enough; else the whole problem is searched.
    """
    found: MilpResult | None = None
    if gap > 0 and int(problem.integer.sum()) > 2 * CORE_SIZES[0]:
        found = _solve_by_core(problem, gap=gap, time_limit=time_limit / 2, is_logging=is_logging)
        if found is not None and found.state is not MilpState.STOPPED:
            return found
        time_limit /= 2
    if is_logging:
        print(f"{_OFFSET}0.0", flush=True)
    whole = _solve_whole(problem, gap=gap, time_limit=time_limit, is_logging=is_logging)
    if found is None or found.x is None or whole.state is MilpState.INFEASIBLE:
        return whole
    bound = min(whole.bound, found.bound)
    if whole.x is not None and problem.value @ whole.x >= problem.value @ found.x:
        return replace(whole, bound=bound)
    return replace(found, bound=bound)


def _solve_by_core(problem: Milp, *, gap: float, time_limit: float, is_logging: bool) -> MilpResult | None:
    """Return an answer proven within the gap, or the best unproven one as "stopped", or nothing."""
    from scipy import sparse
    from scipy.optimize import linprog

    rows, equal = problem.rows, problem.low == problem.high
    above, below = ~equal & np.isfinite(problem.high), ~equal & np.isfinite(problem.low)
    relaxed = linprog(
        -problem.value,
        A_ub=sparse.vstack([rows[above], -rows[below]]),
        b_ub=np.r_[problem.high[above], -problem.low[below]],
        A_eq=rows[equal],
        b_eq=problem.low[equal],
        bounds=np.column_stack([np.zeros_like(problem.upper), problem.upper]),
        method="highs",
        options={"time_limit": time_limit},
    )
    if relaxed.status == 2:
        return MilpResult(state=MilpState.INFEASIBLE, x=None, bound=-np.inf)
    if relaxed.status != 0:
        return None
    bound = -float(relaxed.fun)
    is_whole = problem.integer.astype(bool)
    is_open = ~is_whole | ((relaxed.x > 1e-6) & (relaxed.x < problem.upper - 1e-6))
    doubt = np.where(is_open, -1.0, np.abs(relaxed.lower.marginals + relaxed.upper.marginals))
    best: MilpResult | None = None
    for size in CORE_SIZES:
        free = is_open.copy()
        free[np.argsort(doubt, kind="stable")[: size + int((~is_whole).sum())]] = True
        fixed = np.where(free, 0.0, np.round(relaxed.x))
        taken = rows @ fixed
        if is_logging:
            # What the fixed columns are worth is missing from the log that follows.
            print(f"{_OFFSET}{float(problem.value @ fixed)!r}", flush=True)
        core = Milp(
            value=problem.value[free],
            rows=sparse.csr_array(rows[:, free]),
            low=problem.low - taken,
            high=problem.high - taken,
            upper=problem.upper[free],
            integer=problem.integer[free],
        )
        answer = _solve_whole(core, gap=gap / 4, time_limit=time_limit / 2, is_logging=is_logging)
        if answer.x is not None:
            fixed[free] = answer.x
            value = float(problem.value @ fixed)
            if bound - value <= gap * abs(value):
                return MilpResult(state=MilpState.OPTIMAL, x=fixed, bound=bound)
            if best is None or best.x is None or value > float(problem.value @ best.x):
                best = MilpResult(state=MilpState.STOPPED, x=fixed, bound=bound)
    return best


def _solve_whole(problem: Milp, *, gap: float, time_limit: float, is_logging: bool) -> MilpResult:
    from scipy.optimize import Bounds, LinearConstraint, milp

    answer = milp(
        -problem.value,
        integrality=problem.integer,
        bounds=Bounds(np.zeros_like(problem.upper), problem.upper),
        constraints=LinearConstraint(problem.rows, problem.low, problem.high) if problem.rows.shape[0] else (),
        options={"mip_rel_gap": gap, "time_limit": time_limit, "disp": is_logging, "presolve": True},
    )
    # scipy: 0 optimal, 1 iteration or time limit, 2 infeasible, 3 unbounded, 4 other.
    if answer.status == 2:
        return MilpResult(state=MilpState.INFEASIBLE, x=None, bound=-np.inf)
    bound = np.inf if answer.get("mip_dual_bound") is None else -float(answer.mip_dual_bound)
    state = MilpState.OPTIMAL if answer.status == 0 else MilpState.STOPPED
    return MilpResult(state=state, x=answer.x, bound=bound)


def _pack(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _solve_in_child(
    problem: Milp, gap: float, time_limit: float, report: Report | None, cancel: Cancel | None
) -> MilpResult:
    rows = problem.rows
    packed = _pack(
        value=problem.value,
        data=rows.data,
        indices=rows.indices,
        indptr=rows.indptr,
        shape=np.array(rows.shape),
        low=problem.low,
        high=problem.high,
        upper=problem.upper,
        integer=problem.integer,
        limits=np.array([gap, time_limit]),
    )
    root = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [sys.executable, "-m", "renovation.rules.solver"],
        # Found wherever the parent found itself, whatever the working folder.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    output = child.stdout

    def read() -> None:
        for line in output:
            lines.put(line.decode("utf-8", "replace"))
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    result: MilpResult | None = None
    offset = 0.0
    try:
        child.stdin.write(packed)
        child.stdin.close()
        while True:
            if cancel is not None and cancel():
                return MilpResult(state=MilpState.CANCELLED, x=None, bound=np.inf)
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                continue
            if line is None:
                break
            if line.startswith(_RESULT):
                result = _unpack_result(line)
            elif line.startswith(_OFFSET):
                offset = float(line[len(_OFFSET) :])
            elif report is not None and (progress := parse_progress(line, offset)) is not None:
                report(progress)
    finally:
        child.kill()
        child.wait()
        reader.join()
        output.close()
    if result is None:
        raise UnavailableError("programme.solver_ended")
    return result


def parse_progress(line: str, offset: float = 0.0) -> Progress | None:
    """Read a row of HiGHS's log; its values are those of a minimisation, so the sign is turned back.

    ``offset`` is what columns that the logged search does not see are worth.
    """
    found = _LOG_ROW.search(line)
    if found is None:
        return None
    try:
        best, bound = offset - float(found["best"]), offset - float(found["bound"])
    except ValueError:
        return None
    has_best, has_bound = bool(np.isfinite(best)), bool(np.isfinite(bound))
    return Progress(
        best=best if has_best else None,
        bound=bound if has_bound else None,
        gap=(bound - best) / abs(best) if has_best and has_bound and best else None,
    )


def _unpack_result(line: str) -> MilpResult:
    with np.load(io.BytesIO(base64.b64decode(line[len(_RESULT) :])), allow_pickle=False) as found:
        x = found["x"]
        return MilpResult(state=MilpState(str(found["state"])), x=x if len(x) else None, bound=float(found["bound"]))


def _serve_one() -> None:
    """Read a problem from standard input, solve it, write the answer behind the log."""
    from scipy import sparse

    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as found:
        shape = tuple(int(size) for size in found["shape"])
        problem = Milp(
            value=found["value"],
            rows=sparse.csr_array((found["data"], found["indices"], found["indptr"]), shape=shape),
            low=found["low"],
            high=found["high"],
            upper=found["upper"],
            integer=found["integer"],
        )
        gap, time_limit = (float(limit) for limit in found["limits"])
    result = _solve(problem, gap=gap, time_limit=time_limit, is_logging=True)
    x = np.empty(0) if result.x is None else result.x
    packed = _pack(x=x, state=np.array(result.state.value), bound=np.array(result.bound))
    sys.stdout.write(f"\n{_RESULT}{base64.b64encode(packed).decode()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve_one()
