"""Seal and publish a poll: the root hash for signature, the bundle for everybody, and the list receipts are checked in.

At sealing, the bundle is kept byte for byte under one root hash, which covers all that will be read of the poll and
every row of it in the store. Publishing lets everybody see that bundle and works nothing out again: what was signed
stays what it was, whatever a later program would write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from renovation.errors import ConflictError, NotFoundError
from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.outcome.bundle import MIME as ZIP
from renovation.imports.polls.bundle import read_bundle
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import digest_of
from renovation.model.lives import ProjectAct
from renovation.model.names import is_blank
from renovation.model.polls import Poll, PollAct, PollStage
from renovation.model.projects import Occasion
from renovation.rules.election.stops import require_votes, require_winner, without_votes
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.outcome.results import allocate, election_of
from renovation.services.polls import polls as poll_services
from renovation.services.polls import seals
from renovation.services.polls.reconciliation import open_lines
from renovation.services.projects.lives import move_all
from renovation.services.staff.second_person import require_second, second_login
from renovation.store import Connection, Store
from renovation.store.polls import forgetting, polls, running, sealing

#: Published lists that were asked for lately; what is published does not change.
_lists: dict[tuple[str, str, str], frozenset[str]] = {}
_MOST_LISTS = 32


def reconcile_poll(store: Store, actor: Actor, poll_id: str, *, reason: str = "", second: Actor | None = None) -> Poll:
    """Declare the numbers reconciled and note the root hash of the ledger, for signature.

    Parameters
    ----------
    reason
        With lines still open, rows that do not fit the running digest, or winners that nobody voted for: why the poll
        is sealed all the same.
    second
        The second person who stands for it; with either always needed.

    Raises
    ------
    ConflictError
        ``poll.rows_changed``, ``poll.lines_open`` or ``outcome.unvoted``; ``outcome.no_ballots``,
        ``outcome.only_tests`` or ``outcome.only_blank``: there is nothing to seal; ``poll.changed_meanwhile``.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``: the running digest cannot be checked.
    DeniedError
        ``poll.second_person``: the second person is missing, not staff, or the first one again.
    """
    # Worked out before anything is written: a rule may take its time, and others vote meanwhile.
    with reading(store, actor, Action.OPEN_CLOSE_POLL) as door:
        seen = election_of(door.connection, door.poll(poll_id, PollAct.RECONCILE))
        _require_votes(door.connection, seen.poll)
        outcome = seals.outcome_of(door.connection, seen.poll)
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.RECONCILE)
        lines = open_lines(unit.connection, held)
        if (changed := running.differing(unit.connection, poll_id)) and is_blank(reason):
            raise ConflictError("poll.rows_changed", title=held.title, tables=changed)
        if lines and is_blank(reason):
            raise ConflictError("poll.lines_open", count=len(lines))
        votes = {line.project: line.votes for line in outcome.outcomes} if outcome else {}
        unvoted = without_votes(seen.instance, outcome.winners if outcome else (), votes)
        if unvoted and is_blank(reason):
            raise ConflictError("outcome.unvoted", count=len(unvoted), projects=unvoted)
        doubtful = bool(lines or changed or unvoted)
        require_second(unit, second, poll=held, needed=doubtful or None)
        if election_of(unit.connection, held).digest != seen.digest:
            raise ConflictError("poll.changed_meanwhile")
        forgetting.forget(unit.connection, poll_id, paper=True)
        sealing.rewrite(unit.connection, poll_id)
        polls.move_on(unit.connection, poll_id, held.stage, PollStage.RECONCILED)
        polls.put_meta(unit.connection, poll_id, reconciled_with=reason.strip()[:200] if doubtful else "")
        root = seals.seal(unit, unit.poll(poll_id), outcome)
        unit.log(
            "poll.reconcile",
            "poll",
            poll_id,
            root=root,
            open_lines=len(lines),
            changed=changed,
            unvoted=unvoted,
            reason=reason.strip()[:200],
            second=second_login(second),
        )
        unit.commit()
    poll_services.squeeze(store, poll_id)
    return poll_services.get_poll(store, actor, poll_id)


def check_votes(store: Store, actor: Actor, poll_id: str) -> None:
    """Refuse a poll whose ballots give nothing to seal, before anybody is asked to sign.

    Raises
    ------
    ConflictError
        ``outcome.no_ballots``, ``outcome.only_tests`` or ``outcome.only_blank``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(poll_id, PollAct.SEE_TALLY)
        _require_votes(door.connection, poll)


def _require_votes(connection: Connection, poll: Poll) -> None:
    counted = polls.turnout(connection, poll)
    tests = sum(count for *_, test, count in polls.ballots_by_place(connection, poll.id) if test)
    require_votes(ballots=counted.ballots, blank=counted.blank or 0, tests=tests)


def outcome_digest(
    rule: str, settings: Mapping[str, Any], rules_version: str, outcome: Mapping[str, Any], rests_on: str
) -> str:
    """Return the SHA-256 over a kept outcome, which the log carries too."""
    return digest_of(rule, settings, rules_version, outcome, rests_on)


def publish_poll(store: Store, actor: Actor, poll_id: str, *, reason: str = "", second: Actor | None = None) -> Poll:
    """Declare the outcome that was sealed, and let everybody see it and its bundle.

    Parameters
    ----------
    reason, second
        Why it is published although projects won that nobody voted for, from two people.

    Raises
    ------
    StageError
        The poll is not sealed, or published already.
    ConflictError
        ``poll.ledger_changed``: the store no longer holds what was sealed; ``rules.tie_undecided``: the committee has a
        tie to decide; ``outcome.no_ballots``, ``outcome.only_tests``, ``outcome.only_blank`` or
        ``outcome.nothing_funded``: there is nothing to publish; ``outcome.unvoted`` where no reason is given;
        ``poll.changed_meanwhile``.
    DeniedError
        ``poll.second_person``.
    """
    with acting(store, actor, Action.PUBLISH) as unit:
        poll = unit.poll(poll_id, PollAct.PUBLISH)
        files = seals.sealed_files(unit.connection, poll_id)
        if seals.changed_since(unit.connection, poll, files):
            raise ConflictError("poll.ledger_changed", title=poll.title)
        _require_votes(unit.connection, poll)
        held = election_of(unit.connection, poll)
        if "allocation.json" not in files:
            allocate(held)
            raise ConflictError("poll.ledger_changed", title=poll.title)
        outcome, ran = json.loads(files["allocation.json"]), json.loads(files["settings.json"])
        require_winner(held.instance, outcome["winners"])
        votes = {line["id"]: Fraction(str(line["votes"])) for line in outcome["projects"]}
        if unvoted := without_votes(held.instance, outcome["winners"], votes):
            if is_blank(reason):
                raise ConflictError("outcome.unvoted", count=len(unvoted), projects=unvoted)
            require_second(unit, second, poll=poll, needed=True)
        polls.add_allocation(
            unit.connection,
            poll_id=poll_id,
            rule=ran["rule"],
            settings=ran["settings"],
            rules_version=ran["rules_version"],
            outcome=outcome,
            digest=held.digest,
            at=unit.at,
            login=unit.actor.login,
        )
        kept = outcome_digest(ran["rule"], ran["settings"], ran["rules_version"], outcome, held.digest)
        unit.log("result.declare", "poll", poll_id, rule=ran["rule"], digest=held.digest, outcome=kept)
        polls.publish_bundle(unit.connection, poll_id, at=unit.at)
        polls.move_on(unit.connection, poll_id, poll.stage, PollStage.PUBLISHED)
        _free(unit, poll, outcome)
        checksum = polls.publication_sum(unit.connection, poll_id)
        unit.log(
            "poll.publish",
            "poll",
            poll_id,
            title=poll.title,
            root=poll.meta["ledger_root"],
            bundle=checksum,
            unvoted=unvoted,
            reason=reason.strip()[:200] if unvoted else "",
            second=second_login(second) if unvoted else "",
        )
        unit.commit()
    return poll_services.get_poll(store, actor, poll_id)


def _free(unit: ActingUnit, poll: Poll, outcome: Mapping[str, Any]) -> None:
    """Move winners on and losers back, each with votes and rank, and tell the demands that they answer."""
    lines = {line["id"]: line for line in outcome["projects"]}
    for entry in poll.projects:
        line, why = lines.get(entry.key, {}), poll.impossible.get(entry.key)
        occasion = Occasion(
            where=poll.title,
            ref=f"poll:{poll.id}",
            why=why.reason if why else "",
            votes=str(line.get("votes", "")),
            rank=line.get("rank"),
            rivals=len(poll.projects),
        )
        act = ProjectAct.WIN if entry.key in outcome["winners"] else ProjectAct.LOSE
        move_all(unit, [entry.project_id], act, occasion=occasion)


def bundle_sum(store: Store, actor: Actor | None, poll_id: str) -> str | None:
    """Return the checksum of a published poll's bundle; ``None`` where there is none."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return polls.publication_sum(door.connection, door.public_poll(poll_id, PollAct.SEE_TALLY).id)


def bundle_file(store: Store, actor: Actor | None, poll_id: str) -> Exported:
    """Return the bundle of a published poll, for everybody, as it was published.

    Raises
    ------
    NotFoundError
        ``poll.no_bundle``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(poll_id, PollAct.SEE_TALLY)
        content = polls.bundle(door.connection, poll_id)
    if content is None or poll.stage is not PollStage.PUBLISHED:
        raise NotFoundError("poll.no_bundle", title=poll.title)
    return f"{file_stem(poll.title)}.zip", ZIP, content


def published_receipts(store: Store, poll_id: str) -> frozenset[str] | None:
    """Return the commitments on a poll's published list; ``None`` while nothing is published."""
    with store.read() as connection:
        checksum = polls.publication_sum(connection, poll_id)
    if checksum is None:
        return None
    name = (str(store.engine.url), poll_id, checksum)
    if name not in _lists:
        with store.read() as connection:
            content = polls.bundle(connection, poll_id) or b""
        if len(_lists) >= _MOST_LISTS:
            _lists.clear()
        _lists[name] = frozenset(read_bundle(content)["receipts.txt"].decode().split())
    return _lists[name]
