"""What an election file tells of its voters, as groups of ballots: by age, sex and part of town, each for itself.

No group is ever crossed with another (a woman of 34 in one street is soon one person), and ages become broad bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from renovation.model.elections import Ballot, Voter

#: Columns of the format whose groups are kept, and what they are called here.
COLUMNS = {"age": "age", "sex": "sex", "neighborhood": "area", "district": "area"}
#: The first years of the bands of age.
BANDS = (0, 18, 30, 45, 60)
#: A column of more different values tells persons apart, not groups.
MOST = 60

Groups = Mapping[str, Mapping[str, tuple[Ballot, ...]]]


def voter_groups(voters: Iterable[Voter]) -> Groups:
    """Return the ballots by attribute (``age``, ``sex``, ``area``) and group; whoever says nothing is in none."""
    found: dict[str, dict[str, list[Ballot]]] = {}
    for voter in voters:
        for column, attribute in COLUMNS.items():
            name = _group(attribute, voter.columns.get(column, "").strip())
            if name and not (column == "district" and voter.columns.get("neighborhood")):
                found.setdefault(attribute, {}).setdefault(name, []).append(voter.ballot)
    return {
        attribute: {name: tuple(groups[name]) for name in sorted(groups)}
        for attribute, groups in found.items()
        if 1 < len(groups) <= MOST
    }


def _group(attribute: str, value: str) -> str:
    if attribute == "age":
        if not (value.isascii() and value.isdigit() and len(value) <= 3) or int(value) > 120:
            return ""
        first = max(start for start in BANDS if start <= int(value))
        following = next((start for start in BANDS if start > first), None)
        return f"{first}+" if following is None else f"{first}–{following - 1}"
    if attribute == "sex":
        return {"m": "M", "f": "F", "k": "F"}.get(value.lower(), "")
    return value[:60]
