"""The ballot: a code, how to vote, choosing, checking, casting, the receipt; one decision a screen, scripts only add.

Every step takes its form and sends the browser on, so that Back, a reload and a second press do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from renovation.errors import ConflictError, RenovationError, StageError, UnavailableError
from renovation.model import addresses
from renovation.model.kept import Kept, cookie_name
from renovation.model.polls import Poll, PollStage
from renovation.rules.polls.choosing import Choice, as_ballot, on_ballot
from renovation.rules.polls.filling import WRITTEN, BallotStep, as_fields, fault, read_choice, standing
from renovation.services.polls import stations, voting
from renovation.services.polls.venues import refuse_closed_hours
from renovation.text import Language
from renovation.text.hours import hours_today
from renovation.web.frame import Visit, page, status_of
from renovation.web.polls import camera, cards, pictures
from renovation.web.polls.meanwhile import meanwhile
from renovation.web.polls.voter import (
    SIZES,
    Comfort,
    Leave,
    PresentVoter,
    kept_of,
    path_of,
    poll_of,
    signed_by_us,
    voter_of,
)

#: A station asks "still there?" after a minute without a touch and waits a quarter more; a phone is its owner's.
IDLE_SECONDS, IDLE_PHONE, RING_SECONDS = 60, 300, 15
#: A receipt stands long enough to be copied by hand.
RECEIPT_SECONDS = 90
#: Beyond the idle time, where no script watches.
_GIVEN_UP = 180
_MOST_FIELDS = 400
_PIN, _RESCUE = "pin", "rescue"
_WAIT = "code.wait"
#: What an outage means for whoever is voting, and whom a station's voters may ask.
_LOST = ("kiosk.lost", "kiosk.lost_station")

_Look = Callable[[PresentVoter, Poll], Response]


def look(step: BallotStep, visit: Visit) -> Response:
    """Draw a step, or the one that has to come before it."""
    voter = voter_of(visit)
    if step is BallotStep.WELCOME:
        return _welcome(voter)
    if step is BallotStep.RECEIPT:
        return _receipt(voter) if voter.receipt else voter.to(BallotStep.WELCOME)
    if voter.leave is None:
        return voter.to(BallotStep.RECEIPT if voter.receipt else BallotStep.WELCOME)
    poll = poll_of(visit.store, voter.leave.poll)
    voter = voter.speaking(poll)
    if step is not BallotStep.HOW:
        voter = voter.remembering()
    allowed = standing(poll, voter.draft.choice, step)
    return _LOOKS[step](voter, poll) if allowed is step else voter.to(allowed)


def send(step: BallotStep, visit: Visit) -> Response:
    """Take a step's form: what it says is kept, and the browser is sent on."""
    voter, act = voter_of(visit), visit.typed("act")
    if act == "leave":
        return voter.gone(voter.to(BallotStep.WELCOME))
    if step is BallotStep.WELCOME:
        return (
            _rescue(voter)
            if _RESCUE in visit.form
            else _unlock(voter)
            if _PIN in visit.form
            else _comfort(voter, step) or _begin(voter)
        )
    if step is BallotStep.RECEIPT and (changed := _comfort(voter, step)):
        return voter.keep(changed, Kept.BALLOT, signed_by_us(visit.store, visit.typed("seen")))
    leave = voter.leave
    if leave is None:
        # Sent before, and the answer got lost or came twice.
        return voter.to(BallotStep.RECEIPT if voter.receipt else BallotStep.WELCOME)
    if visit.typed("of") != leave.id:
        # The page of somebody who was here before.
        return voter.gone(voter.to(BallotStep.WELCOME))
    poll = poll_of(visit.store, leave.poll)
    voter = voter.speaking(poll)
    if step is BallotStep.CHOOSE:
        choice = read_choice(poll, _fields(voter))
        voter = voter.choosing(choice, asked=act == BallotStep.CHECK)
    if changed := _comfort(voter, step):
        return changed
    if act == BallotStep.CAST and step in (BallotStep.CAST, BallotStep.BLANK):
        return _cast(voter, poll, step)
    wanted = BallotStep(act) if act in set(BallotStep) else step
    # Elsewhere the page that is gone to looks for itself whether it may be shown.
    return voter.to(standing(poll, voter.draft.choice, wanted) if step is BallotStep.CHOOSE else wanted)


def _fields(voter: PresentVoter) -> list[tuple[str, str]]:
    return [(name, value) for name, value in voter.visit.form.multi_items() if isinstance(value, str)]


def _comfort(voter: PresentVoter, step: BallotStep) -> Response | None:
    """Change size, colours or language where one was asked for, and show the same step again."""
    visit, kept = voter.visit, voter.comfort
    if size := visit.typed("size"):
        kept = replace(kept, size=int(size) if size in set(map(str, range(SIZES))) else 0)
    elif contrast := visit.typed("contrast"):
        kept = replace(kept, contrast=contrast == "1")
    elif (language := visit.typed("language")) in set(Language):
        kept = replace(kept, language=Language(language))
    else:
        return None
    return voter.keep(voter.to(step), Kept.COMFORT, str(kept))


def _see(voter: PresentVoter, step: BallotStep, poll: Poll | None, *, status: int = 200, **told: Any) -> Response:
    visit = voter.visit
    watched = step is BallotStep.RECEIPT or poll is not None or voter.comfort != Comfort()
    idle = RECEIPT_SECONDS if step is BallotStep.RECEIPT else IDLE_SECONDS if voter.station else IDLE_PHONE
    return visit.see(
        f"ballot/{step.value}.html",
        status=status,
        **{"refusal": "", **told},
        step=step,
        poll=poll,
        voter=voter,
        comfort=voter.comfort,
        next_size=(voter.comfort.size + 1) % SIZES,
        path=path_of(step),
        is_armed=watched,
        # Nobody's own phone forgets the receipt on its own.
        idle=0 if step is BallotStep.RECEIPT and not voter.station else idle,
        ring=0 if step is BallotStep.RECEIPT else RING_SECONDS,
        given_up=_GIVEN_UP,
        hole=cards.HOLE,
        lost=" ".join(map(visit.say, _LOST if voter.station else _LOST[:1])),
    )


def _welcome(voter: PresentVoter, error: RenovationError | None = None, told: str = "", *, staff: str = "") -> Response:
    """Ask for the code; whoever was here before is forgotten. What staff had open stays open for another try."""
    visit, station = voter.visit, voter.station
    # What size and colours somebody has set on this very page stays; what a voter had goes with the voter.
    was_somebody = bool(kept_of(visit.request)) and error is None
    if was_somebody:
        voter = replace(voter, comfort=Comfort(), leave=None, receipt=None)
    view = stations.view_station(visit.store, station) if station else None
    voter = voter.speaking(view.poll if view else None)
    wait = error if error and error.code == _WAIT else None
    answer = _see(
        voter,
        BallotStep.WELCOME,
        None,
        status=status_of(error),
        view=view,
        meanwhile=None if station or _is_outage(error) else meanwhile(voter.visit),
        over="" if view is None or view.poll.stage is PollStage.OPEN else _ended(voter.visit, view.poll),
        hours=hours_today(view.poll, view.venue, voter.visit.language) if view else "",
        told=told,
        staff=staff,
        closed=_closed_hours(voter.visit, view) if view else "",
        refusal=voter.visit.refusal(error) if error else "",
        # What only has to wait is not typed anew, and on one's own phone tried again by the page.
        waits=visit.typed("code") if wait else "",
        again=wait.fields["seconds"] if wait and not station else 0,
        outage=_is_outage(error),
        camera=camera.PATH,
        most=IDLE_SECONDS,
    )
    return voter_of(visit).gone(answer) if was_somebody else answer


def _is_outage(error: RenovationError | None) -> bool:
    # A code that waits and a clock that nobody believes are no outage.
    return isinstance(error, UnavailableError) and error.code.startswith("store.")


def _closed_hours(visit: Visit, view: stations.StationView) -> str:
    try:
        refuse_closed_hours(view.poll, view.venue)
    except StageError as error:
        return visit.refusal(error)
    return ""


def _ended(visit: Visit, poll: Poll) -> str:
    return visit.say("error.poll.cancelled" if poll.cancelled else "error.poll.closed")


def _begin(voter: PresentVoter) -> Response:
    visit = voter.visit
    typed, queued = visit.typed("code"), visit.request.cookies.get(cookie_name(Kept.QUEUED), "")
    try:
        ticket = voting.start_ballot(visit.store, typed, actor=voter.actor, queued=queued, **voter.place)  # type: ignore[arg-type]
    except RenovationError as error:
        answer = _welcome(voter, error)
        return voter.keep(answer, Kept.QUEUED, error.fields["queued"]) if error.code == _WAIT else answer
    voter.forget_choice()
    answer = voter.enter(Leave.of(ticket))
    return voter.keep(answer, Kept.QUEUED, "") if queued else answer


def _unlock(voter: PresentVoter) -> Response:
    token = voter.visit.request.cookies.get(cookie_name(Kept.STATION), "")
    try:
        stations.end_station(voter.visit.store, token, voter.visit.typed(_PIN))
    except RenovationError as error:
        return _welcome(voter, error, staff=_PIN)
    answer = voter.gone(RedirectResponse("/sign_in", status_code=303))
    return voter.keep(answer, Kept.STATION, "")


def _rescue(voter: PresentVoter) -> Response:
    token = voter.visit.request.cookies.get(cookie_name(Kept.STATION), "")
    try:
        stations.rescue_station(voter.visit.store, token, voter.visit.typed(_RESCUE), voter.visit.typed(_PIN))
    except RenovationError as error:
        return _welcome(voter, error, staff=_RESCUE)
    return _welcome(voter, told=voter.visit.say("station.rescued"))


def _how(voter: PresentVoter, poll: Poll) -> Response:
    names = {project.key: project.name for project in poll.projects}
    left_out = [(names[key], found.reason) for key, found in poll.impossible.items()]
    return _see(voter, BallotStep.HOW, poll, how=cards.how_to_vote(voter.visit, poll), left_out=left_out)


def _choose(voter: PresentVoter, poll: Poll) -> Response:
    draft, visit = voter.draft, voter.visit
    assert voter.leave is not None
    shown = pictures.pictures(visit.store, poll)
    wrong = fault(poll, draft.choice)
    said = visit.refusal(wrong) if wrong else ""
    if draft.asked and draft.choice.is_blank:
        said = visit.say("kiosk.nothing_chosen")
    return _see(
        voter,
        BallotStep.CHOOSE,
        poll,
        how=cards.how_to_vote(visit, poll),
        groups=cards.cards(visit, poll, draft.choice, voter.leave.turn, shown),
        drawing=f"{addresses.VOTE}/picture/{poll.id}.svg" if shown.drawing else "",
        photo=f"{addresses.VOTE}/picture/{poll.id}-",
        photos=shown.photos,
        size=(pictures.WIDTH, pictures.HEIGHT),
        written=poll.settings.ballot_kind in WRITTEN,
        refusal=said,
        status_line=cards.status(visit, poll, draft.choice),
        script=cards.for_script(visit, poll),
        spent=_spent(poll, draft.choice),
        count=len(on_ballot(poll)),
    )


def _spent(poll: Poll, choice: Choice) -> int:
    costs = {project.key: project.cost for project in poll.projects}
    return sum(costs[key] for key in choice.keys)


def _blank(voter: PresentVoter, poll: Poll, error: RenovationError | None = None, refusal: str = "") -> Response:
    refusal = voter.visit.refusal(error) if error else refusal
    status = status_of(error) if error else 422 if refusal else 200
    outage = _is_outage(error)
    return _see(voter, BallotStep.BLANK, poll, refusal=refusal, status=status, outage=outage)


def _check(voter: PresentVoter, poll: Poll) -> Response:
    choice = voter.draft.choice
    return _see(
        voter,
        BallotStep.CHECK,
        poll,
        chosen=cards.chosen(voter.visit, poll, choice),
        status_line=cards.status(voter.visit, poll, choice),
    )


def _last(
    voter: PresentVoter, poll: Poll, choice: Choice | None = None, error: RenovationError | None = None
) -> Response:
    """Ask once more. The form says the whole ballot again, so that it can be sent again after whatever happened."""
    choice = choice or voter.draft.choice
    return _see(
        voter,
        BallotStep.CAST,
        poll,
        status=status_of(error),
        count=len(choice.keys),
        fields=as_fields(poll, choice),
        refusal=voter.visit.refusal(error) if error else "",
        outage=_is_outage(error),
    )


def _cast(voter: PresentVoter, poll: Poll, step: BallotStep) -> Response:
    visit, leave = voter.visit, voter.leave
    assert leave is not None
    choice = read_choice(poll, _fields(voter)) if step is BallotStep.CAST else Choice()
    if step is BallotStep.BLANK and visit.typed("sure") != "blank":
        return _blank(voter, poll, refusal=visit.say("kiosk.blank_unsure"))
    if standing(poll, choice, step) is not step:
        return voter.to(BallotStep.CHOOSE)
    try:
        receipt = voting.cast_ballot(
            visit.store,
            voter.actor,
            leave.code,
            *as_ballot(poll, choice),
            channel=voter.channel,
            attempt=leave.attempt,
            ticket=leave.id,
            **voter.place,  # type: ignore[arg-type]
        )
    except (ConflictError, StageError) as error:
        # This code's vote is settled, or voting is over: nothing can be tried again, so nothing is kept either.
        voter.forget_choice()
        return _see(voter, BallotStep.CAST, poll, status=status_of(error), settled=True, refusal=visit.refusal(error),
                    fields=(), count=0, outage=False)  # fmt: skip
    except RenovationError as error:
        return _blank(voter, poll, error) if step is BallotStep.BLANK else _last(voter, poll, choice, error)
    return voter.leave_with(receipt)


def _receipt(voter: PresentVoter) -> Response:
    assert voter.receipt is not None
    voter = voter.speaking(poll_of(voter.visit.store, voter.receipt.poll_id))
    answer = _see(
        voter,
        BallotStep.RECEIPT,
        None,
        receipt=voter.receipt,
        seconds=RECEIPT_SECONDS,
        # What a shared computer calls itself leads nobody's own phone there.
        where=addresses.on_phones(addresses.RECEIPT) or f"{voter.visit.request.url.netloc}{addresses.RECEIPT}",
        seen=kept_of(voter.visit.request),
    )
    # At a station it is shown once: whoever reloads the page, or goes back to it, may be the next.
    return voter.having_seen(answer) if voter.station else answer


_LOOKS: dict[BallotStep, _Look] = {
    BallotStep.HOW: _how,
    BallotStep.CHOOSE: _choose,
    BallotStep.BLANK: _blank,
    BallotStep.CHECK: _check,
    BallotStep.CAST: _last,
}


async def _alive(_request: Request) -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


#: The ballot's pages and what they are drawn with.
ROUTES: tuple[Route, ...] = (
    *(page(path_of(step), partial(look, step), partial(send, step), most_fields=_MOST_FIELDS) for step in BallotStep),
    page(f"{addresses.VOTE}/picture/{{name}}", pictures.look),
    Route(f"{addresses.VOTE}/alive", _alive, methods=["GET"]),
    camera.ROUTE,
)
