"""A key that is missing, cut or another's stops codes and says which file to bring back; the right one goes on."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from renovation.errors import UnavailableError
from renovation.model.accounts import Actor
from renovation.services.house import verification
from renovation.services.polls import codes, voting
from renovation.store import Store, open_store
from renovation.store.polls import codekeys


def _damage(path: Path, how: str) -> None:
    if how == "code.key_missing":
        path.unlink()
    elif how in ("code.key_cut", "empty"):
        path.write_bytes(path.read_bytes()[: 16 if how == "code.key_cut" else 0])
    else:
        path.write_bytes(bytes(32))


@pytest.mark.parametrize("how", ["code.key_missing", "code.key_cut", "empty", "code.key_foreign"])
def test_wrong_key_stops_codes_until_the_right_one_is_back(voting_poll: Any, admin: Actor, how: str) -> None:
    store: Store = voting_poll.store
    path = store.keys / "codes.key"
    right = path.read_bytes()
    assert codekeys.key_fault(store) is None
    _damage(path, how)
    assert codekeys.key_fault(store) is not None
    # Named at start, and by the check of all data, which cannot trust the digests without it.
    for faults in (verification.at_start(store), verification.check_store(store, admin)):
        assert "store.key" in {fault.code for fault in faults}
    for attempt in (
        lambda: voting.start_ballot(store, voting_poll.codes[0]),
        lambda: codes.make_batch(store, admin, voting_poll.poll.id, None, 5, "再一批"),
    ):
        with pytest.raises(UnavailableError) as refused:
            attempt()
        assert refused.value.code == ("code.key_cut" if how == "empty" else how)
        assert refused.value.fields["file"] == "codes.key"
    path.write_bytes(right)
    assert verification.check_store(store, admin) == ()
    assert voting.start_ballot(store, voting_poll.codes[0]).poll.id == voting_poll.poll.id


def test_only_its_owner_reads_the_store_and_the_keys(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows keeps its own rights")
    keys = tmp_path / "home" / "keys"
    keys.mkdir(parents=True)
    keys.chmod(0o755)
    key = keys / "codes.key"
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    file = tmp_path / "home" / "store.sqlite"
    file.touch(mode=0o644)
    (tmp_path / "home").chmod(0o755)
    store = open_store(f"sqlite:///{file}", keys)
    with store.write() as unit:
        unit.commit()
    store.close()
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.parent, keys, key, file)}
    assert rights == {"home": 0o700, "keys": 0o700, "codes.key": 0o600, "store.sqlite": 0o600}
