"""Groups of voters in an election file: broad bands, each attribute for itself, nobody alone by design."""

from __future__ import annotations

from renovation.imports.polls.voter_groups import voter_groups
from renovation.model.elections import Ballot, Voter


def test_groups_by_age_sex_and_area() -> None:
    rows = [("17", "M", "Stare"), ("18", "k", "Nowe"), ("64", "F", ""), ("x", "", "Nowe"), ("", "?", "Stare")]
    voters = [
        Voter(Ballot((str(place),)), {"age": age, "sex": sex, "neighborhood": area, "voting_method": "paper"})
        for place, (age, sex, area) in enumerate(rows)
    ]
    found = {
        attribute: {name: [ballot.choices[0] for ballot in ballots] for name, ballots in groups.items()}
        for attribute, groups in voter_groups(voters).items()
    }
    assert found == {
        "age": {"0–17": ["0"], "18–29": ["1"], "60+": ["2"]},
        "sex": {"F": ["1", "2"], "M": ["0"]},
        "area": {"Nowe": ["1", "3"], "Stare": ["0", "4"]},
    }


def test_what_tells_persons_apart_is_no_group() -> None:
    assert voter_groups([Voter(Ballot(("a",)), {"district": str(place)}) for place in range(61)]) == {}
    assert voter_groups([Voter(Ballot(("a",)), {"sex": "M"})] * 3) == {}
