"""Verbs of what a locality sets for itself as lists."""

from __future__ import annotations

from renovation.imports.files.lists import shipped
from renovation.model.accounts import Action
from renovation.model.lists import Lines, ListKind
from renovation.services import lists
from verbs import Kind, Outside, Scene, here, row

SEE = Action.SEE_REGISTER


def _slower(scene: Scene) -> Lines:
    """Return the shipped deadlines with one more day for each."""
    return tuple({**line, "days": str(int(line["days"]) + 1)} for line in shipped(ListKind.DEADLINES))


def _exported(scene: Scene) -> bytes:
    return lists.export_list(scene.world.store, scene.world.admin, ListKind.DEADLINES)[2]


def _own_list(scene: Scene) -> None:
    """Give the street's county deadlines of its own."""
    lists.save_list(
        scene.world.store,
        scene.world.admin,
        ListKind.DEADLINES,
        _slower(scene),
        area_id=scene.estate.county_id,
        version=0,
    )


_DEADLINES = {"kind": ListKind.DEADLINES}
_HERE = {**_DEADLINES, "area_id": here.estate.county_id}

ROWS = (
    row(lists.read_list, SEE, Kind.TOWN, example=_DEADLINES),
    row(lists.years_lacking, SEE, Kind.TOWN),
    row(lists.places_with_lists, SEE, Kind.TOWN, example=_DEADLINES),
    row(lists.list_versions, Action.EDIT_LISTS, Kind.TOWN, example=_DEADLINES),
    row(
        lists.save_list,
        Action.EDIT_LISTS,
        Kind.TOWN,
        Outside.TOWN_ONLY,
        example={**_DEADLINES, "lines": _slower, "version": 0},
    ),
    row(
        lists.follow_town,
        Action.EDIT_LISTS,
        Kind.TOWN,
        Outside.TOWN_ONLY,
        example={**_HERE, "version": 1},
        before=_own_list,
    ),
    row(
        lists.restore_list,
        Action.EDIT_LISTS,
        Kind.TOWN,
        Outside.TOWN_ONLY,
        example={**_DEADLINES, "number": 0, "version": 0},
    ),
    row(
        lists.read_list_file,
        Action.EDIT_LISTS,
        Kind.TOWN,
        example={**_DEADLINES, "content": _exported},
    ),
    row(lists.export_list, SEE, Kind.TOWN, example=_DEADLINES),
)
