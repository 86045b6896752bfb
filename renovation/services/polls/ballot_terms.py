"""What a planner says of a project on a ballot: done in any case, where it lies, what part the budget pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from renovation.model.accounts import Action, Actor
from renovation.model.polls import Poll, PollAct, ProjectTerms
from renovation.rules.polls.terms import check_share, under
from renovation.services.acts import acting
from renovation.store import Store
from renovation.store.polls import polls


def set_terms(
    store: Store, actor: Actor, poll_id: str, terms: Mapping[str, ProjectTerms], *, order: Sequence[str] = ()
) -> Poll:
    """Put the projects of a draft under terms, by their keys; those not named keep theirs.

    Parameters
    ----------
    order
        Keys in the order in which the ballot is to name them; what is not named comes after, as it stood.

    Raises
    ------
    StageError
        Voting has begun.
    InvalidError
        ``poll.public_share``: a share is not above 0, or above what the project costs.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        for entry in held.projects:
            check_share(entry, terms[entry.key].cost if entry.key in terms else None)
        changed = [under(entry, terms[entry.key]) if entry.key in terms else entry for entry in held.projects]
        if order:
            place = {key: at for at, key in enumerate(order)}
            changed.sort(key=lambda entry: place.get(entry.key, len(place)))
            changed = [replace(entry, number=number) for number, entry in enumerate(changed, 1)]
        polls.set_projects(unit.connection, poll_id, changed)
        unit.log("poll.set_terms", "poll", poll_id, projects=sorted(terms), **({"order": list(order)} if order else {}))
        after = unit.poll(poll_id)
        unit.commit()
    return after
