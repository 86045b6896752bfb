"""Take what tells of persons out of demands that are long done with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import DemandStatus
from renovation.store.engine import Store
from renovation.store.polls import sealing
from renovation.store.rows import keys_of
from renovation.store.schema.demands import demand, demand_event, demand_task
from renovation.store.schema.places import photo
from renovation.store.schema.surveys import survey_late, survey_part, survey_visit

#: Nothing more happens to these by themselves; an answer nobody has judged counts as done.
_DONE = [status.value for status in (DemandStatus.CLOSED, DemandStatus.MERGED, DemandStatus.ANSWERED)]


def _due(before: datetime) -> list[sa.ColumnElement[bool]]:
    last_step = (
        sa.select(sa.func.max(demand_event.c.at)).where(demand_event.c.demand_id == demand.c.id).scalar_subquery()
    )
    return [
        demand.c.status.in_(_DONE),
        demand.c.cleaned_at.is_(None),
        sa.func.coalesce(demand.c.closed_at, demand.c.answered_at, last_step, demand.c.received_at)
        < sa.bindparam("before", before, type_=demand.c.received_at.type),
    ]


def due(connection: sa.Connection, before: datetime) -> list[int]:
    """Return the demands that were done with before a moment and still hold what people wrote and photographed."""
    return list(connection.execute(sa.select(demand.c.id).where(*_due(before)).order_by(demand.c.id)).scalars())


def photos_of(connection: sa.Connection, ids: Sequence[int]) -> int:
    """Return how many photos hang on demands."""
    query = sa.select(sa.func.count()).where(photo.c.demand_id.in_(ids))
    return int(connection.execute(query).scalar_one())


def sweep(store: Store) -> bool:
    """Take from the files what was deleted or written over, photos and visits too; tell whether it could be done."""
    return sealing.squeeze(store, (demand, demand_event, demand_task, photo, survey_visit, survey_late, survey_part))


def _masked(held: Any, mask: Callable[[str], str]) -> Any:
    return mask(held) if isinstance(held, str) else [_masked(one, mask) for one in held]


def clean(connection: sa.Connection, demand_id: int, mask: Callable[[str], str], at: datetime) -> tuple[int, int]:
    """Mask a demand's words and delete its photos; return how many texts changed and photos went."""
    texts = 0
    for table, key, columns in (
        (demand, demand.c.id, ("text", "reply")),
        (demand_event, demand_event.c.demand_id, ("note", "parts")),
        (demand_task, demand_task.c.demand_id, ("task", "note")),
    ):
        for row in connection.execute(sa.select(table).where(key == demand_id)).all():
            held = {name: getattr(row, name) for name in columns}
            changed = {name: new for name, old in held.items() if (new := _masked(old, mask)) != old}
            if changed:
                written = changed | keys_of(table, {**row._mapping, **changed})
                connection.execute(table.update().where(table.c.id == row.id).values(**written))
                texts += len(changed)
    photos = connection.execute(photo.delete().where(photo.c.demand_id == demand_id)).rowcount
    connection.execute(demand.update().where(demand.c.id == demand_id).values(cleaned_at=at))
    return texts, photos
