"""The page where a poll's numbers are made to agree, and the poll is sealed."""

from __future__ import annotations

import itertools

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.polls import Poll, PollStage
from renovation.rules.polls.reconciliation import Line, Reconciliation
from renovation.services.outcome import publishing
from renovation.services.polls import polls
from renovation.services.polls.reconciliation import reconcile
from renovation.text.formats import format_date
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed_by_two
from renovation.ui.frame.drafts import draft, forget_draft
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.words import label, language, say, told

#: Polls in which projects won that nobody voted for.
_UNVOTED = "renovation.reconcile.unvoted"
_KINDS = ("codes", "screen", "paper", "box")


def reconcile_page(actor: Actor, poll: Poll) -> None:
    """Show every line of a poll's reconciliation, and seal the poll when they agree."""
    found = reconcile(store(), actor, poll.id)
    left = found.open_lines
    if found.changed:
        tables = tuple(say(f"reconcile.table.{table}") for table in found.changed)
        st.error(told("reconcile.changed", tables=tables), icon=":material/error:")
    if not found.lines:
        st.info(say("reconcile.none"), icon=":material/fact_check:")
    elif left:
        st.warning(told("reconcile.open", count=len(left)), icon=":material/error:")
    elif not found.changed:
        st.success(told("reconcile.all_agree", count=len(found.lines)), icon=":material/check:")
    for kind in _KINDS:
        lines = [line for line in found.lines if line.kind == kind]
        if lines:
            _table(kind, lines)
    if found.by_day:
        _totals(found)
    if poll.meta.get("squeezed") == "no":
        st.warning(say("reconcile.not_squeezed"), icon=":material/warning:")
        if may(actor, Action.OPEN_CLOSE_POLL) and st.button(say("reconcile.squeeze_again")):
            with refusals():
                polls.seal_again(store(), actor, poll.id)
                st.rerun()
    if poll.stage is PollStage.CLOSED:
        _seal(actor, poll, found)
    elif root := poll.meta.get("ledger_root"):
        st.subheader(say("reconcile.root"))
        st.code(root, language=None)
        st.caption(say("reconcile.root_what"))
        if words := poll.meta.get("reconciled_with"):
            st.caption(told("reconcile.sealed_with", reason=words))
        page_link("exports", label=say("reconcile.to_publish"), icon="campaign")


def _table(kind: str, lines: list[Line]) -> None:
    st.markdown(f"**{say(f'reconcile.kind.{kind}')}**　{say(f'reconcile.rule.{kind}')}")
    columns: dict[str, list[object]] = {"venue": [line.venue or say("code.no_venue") for line in lines]}
    if any(line.label for line in lines):
        columns["batch"] = [line.label for line in lines]
    if any(line.channel for line in lines):
        columns["channel"] = [label("enum.Channel", line.channel) if line.channel else "" for line in lines]
    if any(line.day for line in lines):
        columns["day"] = [format_date(line.day, language()) if line.day else "" for line in lines]
    columns["left"] = [line.left for line in lines]
    told = [dict(line.parts) for line in lines]
    parts = [f"part.{name}" for name in dict.fromkeys(itertools.chain(*told))]
    columns |= {name: [counts.get(name.removeprefix("part.")) for counts in told] for name in parts}
    columns["right"] = [line.right for line in lines]
    columns["agrees"] = [
        say("reconcile.no", difference=line.right - line.left) if line.is_open else say("reconcile.yes")
        for line in lines
    ]
    grid(
        columns,
        words="reconcile",
        headings=_where_and_when() | {side: say(f"reconcile.{side}.{kind}") for side in ("left", "right")},
        kinds=dict.fromkeys(("left", "right", *parts), COUNT),
        tall=None,
        key=f"reconcile.{kind}",
    )


def _where_and_when() -> dict[str, str]:
    words = {"venue": "poll.column.venue", "channel": "poll.column.channel", "day": "code.day"}
    return {name: say(key) for name, key in words.items()}


def _totals(found: Reconciliation) -> None:
    st.markdown(f"**{say('reconcile.totals')}**")
    grid(
        {
            "day": [format_date(day, language()) for day, _, _, _ in found.by_day],
            "channel": [label("enum.Channel", channel) for _, channel, _, _ in found.by_day],
            "venue": [venue for _, _, venue, _ in found.by_day],
            "ballots": [count for _, _, _, count in found.by_day],
        },
        words="poll.column",
        headings=_where_and_when(),
        kinds={"ballots": COUNT},
        key="reconcile.totals",
    )
    words = "　".join(f"{label('enum.Channel', channel)} {count:,}" for channel, count in found.by_channel)
    st.caption(words)


def _seal(actor: Actor, poll: Poll, found: Reconciliation) -> None:
    st.subheader(say("reconcile.seal"))
    if not may(actor, Action.OPEN_CLOSE_POLL):
        st.caption(say("reconcile.by_admin"))
        return
    with refusals() as refused:
        publishing.check_votes(store(), actor, poll.id)
    if refused.error:
        return
    reason = ""
    unvoted = f"{_UNVOTED}.{poll.id}"
    doubtful = bool(found.open_lines or found.changed or st.session_state.get(unvoted))
    if doubtful:
        st.caption(say("reconcile.two_people"))
        with draft(actor, f"reconcile.{poll.id}") as form:
            reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
        if not reason.strip():
            # Asked for before the second person types a password, not after.
            st.button(say("reconcile.seal_button"), icon=":material/lock:", disabled=True)
            return
    with refusals() as refused:
        go, second = confirmed_by_two(
            actor,
            "reconcile.seal",
            say("reconcile.seal_button"),
            say("reconcile.seal_sure"),
            icon="lock",
            needed=doubtful or None,
        )
        if not go:
            return
        publishing.reconcile_poll(store(), actor, poll.id, reason=reason, second=second)
        forget_draft(actor, f"reconcile.{poll.id}")
        st.session_state.pop(unvoted, None)
        done(say("reconcile.sealed"))
    if refused.error is not None and refused.error.code == "outcome.unvoted":
        st.session_state[unvoted] = True
        st.button(say("poll.close.go_on"), key="reconcile.unvoted")
