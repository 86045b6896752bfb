"""What somebody who has taken a residents' process over may not do; what its pages need, the pages' own tests hold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from renovation.store import Store, settings

_CLOSED = (
    "SELECT 1 FROM account", "SELECT 1 FROM session", "SELECT 1 FROM survey_visit", "SELECT 1 FROM fresh_slip",
    "UPDATE poll SET stage = 'closed'", "DELETE FROM ballot", "UPDATE ballot SET choices = '[]'",
    "DELETE FROM voter_code", "DELETE FROM receipt", "DELETE FROM audit", "UPDATE audit SET login = 'nobody'",
    "INSERT INTO setting (key, value) VALUES ('two_persons', 'false')",
)  # fmt: skip


def test_the_role_reads_no_secret_and_takes_nothing_back(store: Store, door: Store) -> None:
    if store.is_sqlite:
        return  # a file knows no roles
    with door.engine.connect() as connection:
        for statement in _CLOSED:
            with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|row-level security"):
                connection.execute(sa.text(statement))
            connection.rollback()
        # Of settings it changes none but the tokens of the register's copies.
        assert connection.execute(sa.text("UPDATE setting SET value = 'true'")).rowcount == 0
    with store.read() as connection:
        assert settings.get(connection, "two_persons") is False
