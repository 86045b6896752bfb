"""Time pabutools on one file, in an environment of its own (see ``rules.py``); prints one JSON line.

Usage: ``python _rules_pabutools.py FILE greedy|mes|add1 [--exact]``; ballots are merged (a multiprofile).
"""

from __future__ import annotations

import json
import sys
import time

import pabutools.fractions
from pabutools.election import Cost_Sat, parse_pabulib
from pabutools.rules import exhaustion_by_budget_increase, greedy_utilitarian_welfare, method_of_equal_shares

if "--exact" not in sys.argv:
    pabutools.fractions.FRACTION = "float"

start = time.perf_counter()
instance, profile = parse_pabulib(sys.argv[1])
profile = profile.as_multiprofile()
loaded = time.perf_counter()
if sys.argv[2] == "greedy":
    chosen = greedy_utilitarian_welfare(instance, profile, sat_class=Cost_Sat)
elif sys.argv[2] == "mes":
    chosen = method_of_equal_shares(instance, profile, sat_class=Cost_Sat)
else:
    chosen = exhaustion_by_budget_increase(
        instance,
        profile,
        method_of_equal_shares,
        {"sat_class": Cost_Sat},
        exhaustive_stop=True,
        budget_step=profile.num_ballots(),
    )
done = time.perf_counter()
print(json.dumps({"load": loaded - start, "rule": done - loaded, "winners": sorted(p.name for p in chosen)}))
