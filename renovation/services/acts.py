"""The one shape of every service that changes something: permission, transaction, log entry, commit.

with acting(store, actor, Action.EDIT_PROJECTS) as unit:
    unit.estate(draft.estate_id)
    project = projects.add(unit.connection, draft)
    unit.log("project.create", "project", project.id, name=project.name)
    unit.commit()
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from renovation.errors import DeniedError
from renovation.model.accounts import PROOF_LASTS, PROOF_MINUTES, PROVED, Action, Actor, require
from renovation.model.clock import now
from renovation.services.doors import Door
from renovation.store import Store, Unit, audit
from renovation.store.staff import accounts


class ActingUnit(Door):
    """A unit of work on somebody's behalf."""

    writes = True

    def __init__(self, unit: Unit, actor: Actor) -> None:
        super().__init__(unit.connection, actor)
        self._unit = unit
        self.at = now()

    def log(self, act: str, object_kind: str, object_id: object, /, **detail: Any) -> None:
        """Write a log entry that is kept only if the act is. Never put ballots, codes or residents' data in it."""
        audit.append(
            self.connection,
            at=self.at,
            login=self.actor.login or self.actor.role.value,
            role=self.actor.role.value,
            act=act,
            object_kind=object_kind,
            object_id=str(object_id),
            detail=detail,
        )

    def require_proof(self) -> None:
        """Refuse what a session that was left open is not to do, until its owner proves again who they are.

        Raises
        ------
        DeniedError
            ``account.prove_again``.
        """
        session = self.actor.session
        if session and not accounts.proved_since(self.connection, session, self.at - PROOF_LASTS):
            raise DeniedError("account.prove_again", minutes=PROOF_MINUTES)

    def commit(self) -> None:
        """Make the act durable."""
        self._unit.commit()


@contextmanager
def acting(store: Store, actor: Actor | None, action: Action) -> Iterator[ActingUnit]:
    """Yield a unit of work once the table of permissions allows ``action``.

    Raises
    ------
    DeniedError
        Nobody is signed in, or the role may not; ``account.prove_again``.
    UnavailableError
        The store cannot take writes now.
    """
    allowed = require(actor, action)
    with store.write() as opened:
        unit = ActingUnit(opened, allowed)
        if action in PROVED:
            unit.require_proof()
        yield unit
