"""What the role of residents' processes may do in PostgreSQL: read what pages show, and write what residents give.

A process that somebody has taken over reads no password, session, code or survey, changes no poll and no setting, and
takes nothing back that was cast.
"""

from __future__ import annotations

import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.store import settings
from renovation.store.engine import Connection, Store
from renovation.store.register_state import Register, key_of_state
from renovation.store.schema import metadata

#: Setting: the role that residents' processes sign in as.
_ROLE = "web_role"
#: No page of residents shows anything of them.
_CLOSED = frozenset({
    "account", "session", "known_browser", "recovery_code", "fresh_slip", "kit_cards", "job", "import_record",
    "survey", "survey_form", "survey_estate", "survey_worker", "survey_visit", "survey_late",
    "survey_part", "building_fact", "survey_poll", "household", "consent",
})  # fmt: skip
_ADD = "INSERT"
_CHANGE = "INSERT, UPDATE"
_ALL = "INSERT, UPDATE, DELETE"
#: Table → what is written there for residents.
_WRITTEN = {
    "ballot": _ADD, "receipt": _ADD, "voter_code": "UPDATE", "running_digest": _CHANGE, "ballot_draft": _ALL,
    "under_way": _ALL,
    "budget": _ALL, "station": "UPDATE", "audit": _ADD, "setting": _CHANGE,
    "arrival": "INSERT, DELETE", "demand": _CHANGE, "demand_event": _ADD, "demand_follower": _ADD,
    "demand_count": _ALL, "photo": _ADD, "pledge": _CHANGE, "adoption": _ADD,
}  # fmt: skip
#: Held while a ballot is written, which the server allows only to whoever may write; their numbers never change.
_HELD = ("poll",)


def grant(store: Store, role: str) -> None:
    """Let a role do what residents' processes do and nothing else, and remember it for the next schema.

    Raises
    ------
    NotFoundError
        ``config.no_role``: the server has no such role.
    """
    with store.write() as unit:
        _grant(unit.connection, role)
        settings.put(unit.connection, _ROLE, role)
        unit.commit()


def grant_again(store: Store) -> None:
    """Do it anew for the role that is known, after the schema changed."""
    with store.write() as unit:
        if not store.is_sqlite and (role := settings.get(unit.connection, _ROLE)):
            _grant(unit.connection, role)
            unit.commit()


def _grant(connection: Connection, role: str) -> None:
    known = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if connection.execute(known, {"role": role}).first() is None:
        raise NotFoundError("config.no_role", role=role)
    for statement in _statements(connection.dialect.identifier_preparer.quote(role)):
        connection.execute(sa.text(statement))


def _statements(role: str) -> list[str]:
    names = [table.name for table in metadata.sorted_tables]
    read = ", ".join([*(name for name in names if name not in _CLOSED), "alembic_version"])
    kept = ", ".join(f"'{key_of_state(register)}'" for register in Register)
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT SELECT ON {read} TO {role}",
        *(f"GRANT {rights} ON {table} TO {role}" for table, rights in _WRITTEN.items()),
        *(f"GRANT UPDATE (id) ON {table} TO {role}" for table in _HELD),
        # Of settings, only the tokens under which copies of the register are kept.
        "ALTER TABLE setting ENABLE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {name} ON setting" for name in ("web_reads", "web_adds", "web_changes")),
        f"CREATE POLICY web_reads ON setting FOR SELECT TO {role} USING (true)",
        f"CREATE POLICY web_adds ON setting FOR INSERT TO {role} WITH CHECK (key IN ({kept}))",
        f"CREATE POLICY web_changes ON setting FOR UPDATE TO {role} USING (key IN ({kept}))",
    ]
