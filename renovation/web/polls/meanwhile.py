"""What the voting page says while nobody can vote: which vote is being counted, and where results stand."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.accounts import PUBLIC
from renovation.model.clock import day_of
from renovation.model.polls import Poll, PollStage
from renovation.services.polls import polls
from renovation.store import Store
from renovation.web.frame import Visit
from renovation.web.lately import told_lately

_COUNTED = frozenset({PollStage.CLOSED, PollStage.RECONCILED})
#: Of each kind, the newest; all of them stand among the results.
_MOST = 3


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What there is to read: sentences, and published polls as id and sentence."""

    said: tuple[str, ...]
    published: tuple[tuple[str, str], ...]


@told_lately(3)
def _over(store: Store) -> tuple[Poll, ...] | None:
    """Return the polls that are over, newest first; ``None`` while one is open.

    It only chooses the words of the page: whether a code votes is asked when the code is typed.
    """
    if polls.list_polls(store, PUBLIC, stages={PollStage.OPEN}):
        return None
    return polls.list_polls(store, PUBLIC, stages={*_COUNTED, PollStage.PUBLISHED})


def meanwhile(visit: Visit) -> Meanwhile | None:
    """Return what stands in the place of the code while no poll is open; ``None`` while one is."""
    over = _over(visit.store)
    if over is None:
        return None
    # Elections from elsewhere are nobody's here.
    own = [poll for poll in over if not poll.source]
    counted = [poll for poll in own if poll.stage in _COUNTED][:_MOST]
    published = [poll for poll in own if poll.stage is PollStage.PUBLISHED][:_MOST]
    return Meanwhile(
        said=tuple(
            visit.say("kiosk.counted", title=poll.title, day=day_of(poll.closed_at))
            if poll.closed_at
            else visit.say("kiosk.counted_some_day", title=poll.title)
            for poll in counted
        ),
        published=tuple((poll.id, visit.say("kiosk.published", title=poll.title)) for poll in published),
    )
