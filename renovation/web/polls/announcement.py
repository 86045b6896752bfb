"""What is voted on, when, where and by which rule, for everybody while a poll is open."""

from __future__ import annotations

from starlette.responses import Response

from renovation.exports.polls.announcement import announcement
from renovation.model import addresses
from renovation.model.accounts import PUBLIC
from renovation.model.polls import PollStage
from renovation.services import lists
from renovation.services.polls import polls
from renovation.text.hours import places_words
from renovation.web.frame import Visit


def look(visit: Visit) -> Response:
    """Draw the announcement of the poll that the address names, else of the newest one that is open, and say so."""
    found = polls.list_polls(visit.store, PUBLIC, stages={PollStage.OPEN})
    wanted = visit.request.query_params.get("poll")
    poll = next((one for one in found if one.id == wanted), found[0] if found else None)
    gone = bool(wanted) and (poll is None or poll.id != wanted)
    if poll is None:
        return visit.see("announcement.html", polls=(), poll=None, said=None, gone=gone)
    office = lists.office_at(visit.store, poll.estate_id)
    said = announcement(
        poll,
        places=places_words(poll, polls.venues(visit.store, PUBLIC, poll.id), visit.language.value),
        address=addresses.on_phones(addresses.VOTE),
        office=office.name,
        phone=office.phone,
        language=visit.language.value,
    )
    return visit.see("announcement.html", polls=found, poll=poll, said=said, gone=gone)
