"""What stops an outcome before anybody signs it: no ballots, none that names a project, nothing that was voted in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from renovation.errors import ConflictError
from renovation.model.elections import Instance


def require_votes(*, ballots: int, blank: int, tests: int = 0) -> None:
    """Refuse to go on where nobody has said what they want.

    Parameters
    ----------
    tests
        Ballots cast with test codes, which never count.

    Raises
    ------
    ConflictError
        ``outcome.no_ballots``, ``outcome.only_tests`` or ``outcome.only_blank``.
    """
    if not ballots:
        raise ConflictError("outcome.only_tests", count=tests) if tests else ConflictError("outcome.no_ballots")
    if blank >= ballots:
        raise ConflictError("outcome.only_blank", count=ballots)


def has_winner(instance: Instance, winners: Iterable[str]) -> bool:
    """Tell whether a project wins by its votes; basic ones are done in any case."""
    mandatory = {project.id for project in instance.projects if project.mandatory}
    return not mandatory.issuperset(winners)


def without_votes(instance: Instance, winners: Iterable[str], votes: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of winners that nobody voted for, basic ones left out; a floor keeps such projects out."""
    won = set(winners)
    return tuple(
        project.name or project.id
        for project in instance.projects
        if project.id in won and not project.mandatory and not votes.get(project.id)
    )


def require_winner(instance: Instance, winners: Iterable[str]) -> None:
    """Refuse an outcome in which no project wins by its votes.

    Raises
    ------
    ConflictError
        ``outcome.nothing_funded``.
    """
    if not has_winner(instance, winners):
        raise ConflictError("outcome.nothing_funded")
