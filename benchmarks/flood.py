"""Measure how right codes get in while wrong ones pour in: on two web processes over one PostgreSQL.

Run ``python -m benchmarks.flood [--seconds 120] [--lines 16]`` from the project's folder, with
``RENOVATION_TEST_POSTGRES`` naming a server on which databases may be made. Well-formed wrong codes come over so many
lines at once, each from another address; beside them somebody scans a slip and somebody types one, again and again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter

from benchmarks._town import served_town
from renovation.config import CHECKOUT
from renovation.model import addresses
from renovation.model.codes import make_code

sys.path.insert(0, str(CHECKOUT / "tests" / "town"))

from plain_phone import Page, Phone

#: Who typed a right code and was told to wait presses again after so long.
_AGAIN_S = 1.0
_NOT_FOUND = 404


def _is_in(page: Page) -> bool:
    return page.status == 200 and 'data-step="welcome"' not in page.text


async def _guess(ports: list[int], until: float, looked_up: list[float], ends: Counter[int]) -> None:
    """Send wrong codes, each from another address, and note those that were looked up."""
    chance = random.Random()
    async with Phone("localhost", chance.choice(ports)) as phone:
        page = await phone.ask(addresses.VOTE)
        while time.perf_counter() < until:
            phone.address = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
            answer = await phone.press(page, "code", code=make_code())
            ends[answer.status] += 1
            if answer.status == _NOT_FOUND:
                looked_up.append(time.perf_counter())


async def _come_in(port: int, code: str) -> float:
    """Come in with a right code; return the seconds from the press until the ballot is there."""
    async with Phone("localhost", port, address="198.51.100.7") as phone:
        page = await phone.ask(addresses.VOTE)
        began = time.perf_counter()
        while not _is_in(await phone.press(page, "code", code=code)):
            await asyncio.sleep(_AGAIN_S)
        return time.perf_counter() - began


async def _honest(ports: list[int], until: float, codes: list[str], took: list[float]) -> None:
    for turn, code in enumerate(codes):
        if time.perf_counter() > until:
            break
        took.append(await _come_in(ports[turn % 2], code))
        await asyncio.sleep(1)


def _said(took: list[float]) -> str:
    return f"{len(took)} in, p50 {statistics.median(took):.2f} s, worst {max(took):.2f} s"


async def measure(ports: list[int], codes: list[str], seconds: float, lines: int) -> None:
    """Flood for so long and say who got in."""
    looked_up: list[float] = []
    ends: Counter[int] = Counter()
    scanned: list[float] = []
    typed: list[float] = []
    until = time.perf_counter() + seconds
    half = len(codes) // 2
    plain = [code.rpartition(".")[0] for code in codes[half:]]
    await asyncio.gather(
        *(_guess(ports, until, looked_up, ends) for _ in range(lines)),
        _honest(ports, until, codes[:half], scanned),
        _honest(ports, until, plain, typed),
    )
    most = max((sum(one <= at < one + 60 for at in looked_up) for one in looked_up), default=0)
    print(f"{sum(ends.values())} wrong codes in {seconds:g} s, answers {dict(ends)}")
    print(f"looked up in any minute: {most} (<= 60)")
    print(f"scanned: {_said(scanned)} (<= 2 s); typed: {_said(typed)} (<= 10 s)")


def main() -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--lines", type=int, default=16)
    given, _ = parser.parse_known_args()
    # A code for each second of either kind.
    with served_town(2 * int(given.seconds) + 2) as town:
        print(f"load before: {os.getloadavg()[0]:.1f}")
        asyncio.run(measure(town.ports, list(town.poll.scanned), given.seconds, given.lines))


if __name__ == "__main__":
    main()
