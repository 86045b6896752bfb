"""Compare every rule with the exact oracle on many random elections: ``python tests/oracles/compare.py 20000``."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent))

from exact_rules import Oracle
from random_elections import random_election, random_settings

from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_ballots


def differences(seed: int) -> list[tuple[str, list[str], list[str]]]:
    """Run every rule on one election; return the rules that differ, with both lists of winners."""
    random = Random(seed)
    instance, ballots = random_election(random)
    profile = profile_from_ballots(instance, ballots)
    found = []
    for rule in REGISTRY:
        settings = random_settings(random, instance, rule)
        got = list(allocate(rule, instance, profile, settings).winners)
        expected = Oracle(instance, ballots, settings).decide(rule)
        if (sorted(got) != sorted(expected)) if rule == "max-welfare" else (got != expected):
            found.append((rule, got, expected))
    return found


def main(count: int, first: int = 0) -> int:
    """Compare ``count`` elections from seed ``first`` on and print the differences."""
    start = time.perf_counter()
    wrong: Counter[str] = Counter()
    for seed in range(first, first + count):
        for rule, got, expected in differences(seed):
            wrong[rule] += 1
            if wrong[rule] <= 5:
                print(f"seed {seed}: {rule} gives {got}, the oracle {expected}")
    spent = time.perf_counter() - start
    print(f"{count} elections, {len(REGISTRY)} rules, {sum(wrong.values())} differences, {spent:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])) if len(sys.argv) > 1 else main(20_000))
