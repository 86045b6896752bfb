"""Where the residents' plain pages are: what a poster's code holds and what the app's own pages show."""

from __future__ import annotations

#: Everything below it is a plain page, works without scripts and is held to a stricter policy.
PLAIN = "/r"
VOTE = f"{PLAIN}/vote"
RECEIPT = f"{PLAIN}/receipt"
RESULTS = f"{PLAIN}/results"
ANNOUNCEMENT = f"{PLAIN}/announcement"
MY_DEMAND = f"{PLAIN}/my-demand"
DEMAND = f"{PLAIN}/demand"
ADOPT = f"{PLAIN}/adopt"


def is_plain(path: str) -> bool:
    """Tell whether a path is of a plain page."""
    return path.startswith(f"{PLAIN}/")
