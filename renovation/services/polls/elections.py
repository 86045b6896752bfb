"""Take an election that was held elsewhere: a Pabulib file becomes a closed poll."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.errors import InvalidError
from renovation.imports.polls.pabulib import PabulibFile
from renovation.imports.polls.pabulib_rules import declared_rule
from renovation.imports.polls.voter_groups import voter_groups
from renovation.model.accounts import Actor
from renovation.model.elections import Instance
from renovation.model.polls import AREA, FILE_META, FULL_COST, Poll, PollProject, PollSettings
from renovation.rules.election.settings import Settings
from renovation.rules.election.tally import tally
from renovation.services.polls import polls
from renovation.store import Store

_SCALE = 100
_TITLE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """How a recount compares with the file's own votes: ids of projects that differ, and how many were compared."""

    compared: int
    differing: tuple[str, ...]


def recount(election: PabulibFile) -> Recount:
    """Count the ballots again and compare with what the file says."""
    count = tally(election.instance, election.profile)
    compared, differing = 0, []
    for project, votes in zip(election.instance.projects, count.votes, strict=True):
        stated = election.declared.get(project.id, {}).get("votes")
        if stated:
            compared += 1
            if str(votes) != stated:
                differing.append(project.id)
    return Recount(compared=compared, differing=tuple(differing))


def suggested_title(instance: Instance) -> str:
    """Return a title from what the file says of itself."""
    meta = instance.meta
    parts = [meta.get("unit", ""), meta.get("subunit", ""), meta.get("instance", "")]
    return (" ".join(part for part in parts if part) or meta.get("description", ""))[:_TITLE]


def _announced(instance: Instance) -> tuple[str, Settings]:
    try:
        return declared_rule(instance)
    except InvalidError:
        # A label nobody knows: greedy is shown, and the label stays in the file's META.
        return "greedy", Settings()


def import_election(store: Store, actor: Actor, election: PabulibFile, *, title: str, source: str) -> Poll:
    """Keep a Pabulib election as a closed poll with its ballots, rule and settings.

    Amounts are kept in hundredths of the file's currency. ``election`` must have been read with ``voters=True``.

    Raises
    ------
    InvalidError
        ``poll.title_missing``, ``election.too_fine`` (amounts are finer than hundredths) or what the ledger refuses;
        nothing is kept.
    """
    instance = election.instance
    if instance.scale < 1 or _SCALE % instance.scale:
        raise InvalidError("election.too_fine")
    factor = _SCALE // instance.scale
    rule, settings = _announced(instance)
    shown = settings.as_dict()
    if "step" in shown:
        shown["step"] *= factor
    for pots in ("category_budgets", "area_budgets"):
        if pots in shown:
            shown[pots] = {name: amount * factor for name, amount in shown[pots].items()}
    tie_break = shown.pop("tie_break", "id")
    said = {**instance.meta, "currency": instance.currency}
    if instance.min_choices is not None:
        said["min_length"] = str(instance.min_choices)
    return polls.add_imported_poll(
        store,
        actor,
        PollSettings(
            title=title.strip()[:_TITLE],
            ballot_kind=instance.ballot_kind,
            budget=instance.budget * factor,
            max_choices=instance.max_choices,
            max_points=instance.max_points,
            rule=rule,
            rule_settings=shown,
            tie_break=tie_break,
        ),
        [
            PollProject(
                number=number,
                key=project.id,
                name=project.name or project.id,
                cost=project.cost * factor,
                category=",".join(project.categories),
                lon=project.lon,
                lat=project.lat,
                mandatory=project.mandatory,
                extra={
                    **project.extra,
                    **({AREA: project.area} if project.area else {}),
                    **({} if project.full_cost is None else {FULL_COST: str(project.full_cost * factor)}),
                },
            )
            for number, project in enumerate(instance.projects, 1)
        ],
        [voter.ballot for voter in election.voters],
        source=source,
        meta={f"{FILE_META}{key}": value for key, value in said.items()},
        groups=voter_groups(election.voters),
    )
