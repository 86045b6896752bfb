"""Verbs of the outcome: results, sealing, publishing, the bundle."""

from __future__ import annotations

from renovation.model.accounts import Action
from renovation.model.polls import PollAct, PollStage
from renovation.services.outcome import exports, publishing, receipts, results, standing, votes
from verbs import Kind, Outside, row
from verbs.laid import SECOND

RESULTS = Action.SEE_RESULTS
PUBLIC = {"stage": PollStage.PUBLISHED}

ROWS = (
    row(
        exports.export_poll,
        RESULTS,
        Kind.POLL,
        act=PollAct.SEE_TALLY,
        example={"format_": exports.ExportFormat.CSV},
    ),
    row(
        publishing.reconcile_poll,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.RECONCILE,
        example={"reason": "票袋还在路上", "second": SECOND},
    ),
    row(publishing.check_votes, RESULTS, Kind.POLL, act=PollAct.SEE_TALLY),
    row(publishing.publish_poll, Action.PUBLISH, Kind.POLL, act=PollAct.PUBLISH),
    row(publishing.bundle_sum, RESULTS, Kind.POLL, act=PollAct.SEE_TALLY),
    row(publishing.bundle_file, Action.SEE_PUBLIC, Kind.POLL, Outside.SAME, **PUBLIC),
    row(receipts.check_receipt, Action.SEE_PUBLIC, Kind.SELF, example={"typed": "松树-海鸥-482-739-1560"}),
    row(results.election, RESULTS, Kind.POLL, act=PollAct.SEE_TALLY),
    row(results.ballot_stamp, RESULTS, Kind.POLL, act=PollAct.SEE_TALLY),
    row(standing.standings, Action.SEE_REGISTER, Kind.PROJECT),
    row(votes.votes_of_projects, RESULTS, Kind.PROJECT, Outside.PART),
)
