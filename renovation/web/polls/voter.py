"""Who stands in front of the ballot: the station, leave to vote, what is chosen so far, and how all of it is forgotten.

The browser keeps a signed ticket with the code and never with a choice. What is chosen so far lies in the store, where
any process of a town finds it, sealed under the ticket's number, so that no disk keeps code and choice side by side;
the form that casts says it all again, so that whoever presses again after a restart still gets the receipt.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renovation.model import addresses
from renovation.model.accounts import Actor
from renovation.model.ballots import Receipt, Station, Ticket
from renovation.model.kept import BALLOT_KEPT, Kept, as_cookie, cookie_name
from renovation.model.polls import Channel, Poll
from renovation.rules.polls.choosing import Choice
from renovation.rules.polls.filling import BallotStep
from renovation.services.polls import stations, voting
from renovation.store import Store
from renovation.text import Language
from renovation.web import tickets
from renovation.web.frame import Visit
from renovation.web.lately import told_lately

#: Sizes of type, smallest first.
SIZES = 3
_WHAT = "ballot"


@dataclass(frozen=True, slots=True)
class FilledBallot:
    """What is chosen so far, and whether to check it was asked for, so that what is wrong with it is said."""

    choice: Choice = field(default_factory=Choice)
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Leave to fill in a ballot, as the browser carries it."""

    id: str
    poll: str
    code: str = field(repr=False)
    attempt: str
    turn: int
    test: bool

    @classmethod
    def of(cls, ticket: Ticket) -> Leave:
        """Return the leave that a code gives."""
        return cls(
            id=secrets.token_urlsafe(16),
            poll=ticket.poll.id,
            code=ticket.code,
            attempt=ticket.attempt,
            turn=ticket.rotation,
            test=ticket.test,
        )


@dataclass(frozen=True, slots=True)
class Comfort:
    """How big and in which colours and language one voter wants the pages."""

    size: int = 0
    contrast: bool = False
    language: Language | None = None

    @classmethod
    def read(cls, kept: str) -> Comfort:
        """Return what a browser kept; the usual where it kept nothing that makes sense."""
        size, contrast, language = kept[:1], kept[1:2], kept[2:]
        if size not in set(map(str, range(SIZES))) or contrast not in ("0", "1"):
            return cls()
        return cls(int(size), contrast == "1", Language(language) if language in set(Language) else None)

    def __str__(self) -> str:
        return f"{self.size}{int(self.contrast)}{self.language.value if self.language else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentVoter:
    """Whoever is in front of the screen now."""

    visit: Visit
    comfort: Comfort
    station: Station | None = None
    leave: Leave | None = None
    receipt: Receipt | None = None
    #: Read from the store by the steps that show it.
    draft: FilledBallot = field(default_factory=FilledBallot)

    @property
    def actor(self) -> Actor:
        """Who votes: the device in a community room, or a resident's own phone."""
        return stations.STATION if self.station else self.visit.actor

    @property
    def channel(self) -> Channel:
        """How the ballot comes in."""
        return Channel.STATION if self.station else Channel.PHONE

    @property
    def place(self) -> dict[str, str | int | None]:
        """The poll and venue that a station is bound to."""
        return {
            "poll_id": self.station.poll_id if self.station else "",
            "venue_id": self.station.venue_id if self.station else None,
        }

    def speaking(self, poll: Poll | None) -> PresentVoter:
        """Return the voter whose language is their own choice, else the browser's, else the poll's; at a station, which
        staff set up in theirs, the poll's before the browser's.
        """
        own = cookie_name(Kept.LANGUAGE) in self.visit.request.cookies or "lang" in self.visit.request.query_params
        language = self.comfort.language
        if language is None and poll is not None and (self.station or not own):
            language = Language(poll.settings.language)
        return replace(self, visit=replace(self.visit, language=language or self.visit.language))

    def to(self, step: BallotStep) -> Response:
        """Send the browser on to a step."""
        return RedirectResponse(path_of(step), status_code=303)

    def keep(self, answer: Response, kept: Kept, value: str) -> Response:
        """Have the browser keep something along with an answer; an empty value goes at once."""
        answer.set_cookie(**as_cookie(kept, value, over_tls=self.visit.over_tls))
        return answer

    def enter(self, leave: Leave) -> Response:
        """Let the holder of a code begin."""
        return self.keep(self.to(BallotStep.HOW), Kept.BALLOT, self._signed(leave=asdict(leave)))

    def leave_with(self, receipt: Receipt) -> Response:
        """Forget everything of the ballot but its receipt; what was chosen went when it was cast."""
        told = {"code": receipt.code, "poll_id": receipt.poll_id, "title": receipt.title, "test": receipt.test}
        return self.keep(self.to(BallotStep.RECEIPT), Kept.BALLOT, self._signed(receipt=told))

    def having_seen(self, answer: Response) -> Response:
        """Keep only that somebody was here, with whom size and colours go."""
        return self.keep(answer, Kept.BALLOT, self._signed())

    def remembering(self) -> PresentVoter:
        """Return the voter with what is chosen so far."""
        kept = voting.find_draft(self.visit.store, self.leave.id) if self.leave else {}
        return replace(self, draft=FilledBallot(Choice(**kept["choice"]), kept["asked"])) if kept else self

    def choosing(self, choice: Choice, *, asked: bool) -> PresentVoter:
        """Keep what is chosen so far, and return the voter who chose it."""
        assert self.leave is not None
        draft = FilledBallot(choice, asked)
        voting.keep_draft(self.visit.store, self.leave.poll, self.leave.id, asdict(draft))
        return replace(self, draft=draft)

    def forget_choice(self) -> None:
        """Forget what was chosen."""
        if self.leave:
            voting.leave_ballot(self.visit.store, self.leave.attempt, self.leave.id)

    def gone(self, answer: Response) -> Response:
        """Forget everything of this voter: the next one finds the page as new."""
        self.forget_choice()
        for kept in (Kept.BALLOT, Kept.COMFORT):
            self.keep(answer, kept, "")
        return answer

    def _signed(self, **told: object) -> str:
        return tickets.signed(self.visit.store, _WHAT, told)


def path_of(step: BallotStep) -> str:
    """Return where a step is."""
    return addresses.VOTE if step is BallotStep.WELCOME else f"{addresses.VOTE}/{step.value}"


@told_lately(3)
def poll_of(store: Store, poll_id: str) -> Poll:
    """Return a poll as it was told a moment ago; whether it still takes ballots is asked when one is cast."""
    return stations.poll_of(store, poll_id)


def kept_of(request: Request) -> str:
    """Return what the browser keeps of a ballot or of a receipt, as it was signed."""
    return request.cookies.get(cookie_name(Kept.BALLOT), "")


def signed_by_us(store: Store, given: str) -> str:
    """Return what a form hands back of what the browser kept; nothing where it was made up or is over."""
    return given if tickets.read_signed(store, _WHAT, given, int(BALLOT_KEPT.total_seconds())) else ""


def voter_of(visit: Visit) -> PresentVoter:
    """Return who is in front of the screen."""
    cookies = visit.request.cookies
    token = cookies.get(cookie_name(Kept.STATION))
    station = stations.active_station(visit.store, token) if token else None
    given = kept_of(visit.request)
    told = tickets.read_signed(visit.store, _WHAT, given, int(BALLOT_KEPT.total_seconds())) if given else {}
    leave = Leave(**told["leave"]) if "leave" in told else None
    # A station takes up nobody's ballot of another poll.
    if leave and station and leave.poll != station.poll_id:
        leave = None
    return PresentVoter(
        visit=visit,
        comfort=Comfort.read(cookies.get(cookie_name(Kept.COMFORT), "")),
        station=station,
        leave=leave,
        receipt=Receipt(**told["receipt"]) if "receipt" in told else None,
    )
