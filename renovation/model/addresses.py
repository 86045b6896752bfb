"""Where the residents' plain pages are: what a poster's code holds and what the app's own pages show."""

from __future__ import annotations

from renovation.config import settings

#: Everything below it is a plain page, works without scripts and is held to a stricter policy.
PLAIN = "/r"
VOTE = f"{PLAIN}/vote"
RECEIPT = f"{PLAIN}/receipt"
RESULTS = f"{PLAIN}/results"
ANNOUNCEMENT = f"{PLAIN}/announcement"
MY_DEMAND = f"{PLAIN}/my-demand"
DEMAND = f"{PLAIN}/demand"
ADOPT = f"{PLAIN}/adopt"
#: For who collects at doors: it asks who is signed in, and keeps what was taken down until the network is back.
DOORS = f"{PLAIN}/doors"
#: Where staff go to the identity server, come back from it, and where it says that somebody has signed out there.
IDENTITY = f"{PLAIN}/identity"
IDENTITY_BACK = f"{IDENTITY}/back"
IDENTITY_OVER = f"{IDENTITY}/over"
#: What the pages are drawn with.
STATIC = f"{PLAIN}/static"
#: What a request that comes from this very machine, or through a proxy on it, comes from.
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


def is_plain(path: str) -> bool:
    """Tell whether a path is of a plain page."""
    return path.startswith(f"{PLAIN}/")


def is_ballot(path: str) -> bool:
    """Tell whether a path is of the ballot, or of what it is drawn with: all that a voting station opens."""
    return path == VOTE or path.startswith((f"{VOTE}/", f"{STATIC}/"))


def on_phones(path: str) -> str:
    """Return a page's address as residents' phones open it; nothing where no phone reaches this server."""
    here = settings().residents_url
    return here + path if here else ""
