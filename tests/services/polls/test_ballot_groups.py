"""Groups of voters that an imported election tells apart reach the comparison, merged and uncrossed."""

from __future__ import annotations

from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.accounts import Actor, Role
from renovation.services.outcome import results
from renovation.services.polls.elections import import_election
from renovation.store import Store


def test_groups_that_a_file_tells_are_kept(store: Store) -> None:
    admin = Actor(role=Role.ADMIN, login="admin")
    head = "META\nkey;value\nbudget;100\nvote_type;approval\nrule;greedy\nPROJECTS\nproject_id;cost\n1;60\n2;50\n"
    lines = [f"{place};{1 + place % 2};{20 + place};{'MF'[place % 2]}" for place in range(30)]
    text = "\n".join([head + "VOTES\nvoter_id;vote;age;sex", *lines])
    poll = import_election(store, admin, read_pabulib(text.encode(), voters=True), title="groups", source="file")
    groups = results.election(store, admin, poll.id).groups
    assert {name: profile.size for name, profile in groups["sex"].items()} == {"F": 15, "M": 15}
    assert list(groups["age"]) == ["18–29", "30–44", "45–59"]
    assert [len(members) for members, _ in groups["sex"]["M"].supporters] == [1, 0]
