"""The hierarchy of areas by hand: make, rename, move, merge, delete; each act says first what it would change."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.areas import LEVEL_COLUMNS, AreaAct, AreaCounts, AreaEffects, check_area, is_wider
from renovation.model.names import finds
from renovation.model.places import Area, AreaLevel
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.areas.effects import effects_of
from renovation.services.register.areas.placing import Gazetteer, area_key, fill_in
from renovation.store import Store
from renovation.store.register import area_journal, areas
from renovation.text.hidden import without_hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLine:
    """An area in the list of the hierarchy: ``trail`` are the names of what it lies in, from wide to narrow."""

    area: Area
    trail: tuple[str, ...]
    counts: AreaCounts
    has_outline: bool


def list_hierarchy(store: Store, actor: Actor | None) -> tuple[AreaLine, ...]:
    """Return every area with what lies in it, each below the one that holds it."""
    with reading(store, actor, Action.EDIT_AREAS) as door:
        everything = {one.id: one for one in areas.list_areas(door.connection)}
        placed = area_journal.counts_by_area(door.connection)
        outlined = areas.outlined(door.connection)
    children: dict[int | None, list[Area]] = {}
    for one in everything.values():
        children.setdefault(one.parent_id, []).append(one)
    lines: list[AreaLine] = []
    waiting: list[tuple[Area, tuple[str, ...]]] = [(one, ()) for one in reversed(children.get(None, []))]
    while waiting:
        one, trail = waiting.pop()
        below = children.get(one.id, [])
        # What names no area so wide names those below it.
        holders = [one.id] if one.level in LEVEL_COLUMNS else [child.id for child in below]
        counts = [placed.get(holder, (0, 0)) for holder in holders]
        counted = AreaCounts(
            areas=len(below), estates=sum(count[0] for count in counts), accounts=sum(count[1] for count in counts)
        )
        lines.append(AreaLine(area=one, trail=trail, counts=counted, has_outline=one.id in outlined))
        waiting += [(child, (*trail, one.name)) for child in reversed(below)]
    return tuple(lines)


def find_area(store: Store, actor: Actor | None, words: str) -> Area:
    """Return the area that somebody names: by its code, or by its name, led by what it lies in (甲区/乙街道).

    Raises
    ------
    NotFoundError
        ``area.not_found``.
    ConflictError
        ``area.several``: more than one is called so.
    """
    *above, name = [part for part in words.split("/") if part.strip()] or [""]
    found = [
        line
        for line in list_hierarchy(store, actor)
        if words == line.area.code
        or (
            area_key(line.area.name, line.area.level) == area_key(name, line.area.level)
            and all(any(finds(one, held) for held in line.trail) for one in above)
        )
    ]
    if not found:
        raise NotFoundError("area.not_found")
    exact = [line for line in found if line.area.name == name] if len(found) > 1 else found
    if len(exact) != 1:
        names = tuple("/".join((*line.trail, line.area.name)) for line in found)
        raise ConflictError("area.several", name=name, names=names)
    return exact[0].area


def create_area(
    store: Store,
    actor: Actor | None,
    level: AreaLevel,
    name: str,
    *,
    parent_id: int | None = None,
    code: str = "",
    dry_run: bool = False,
) -> AreaEffects:
    """Make an area. Areas of which nobody has said where they lie come to lie in the first district.

    Parameters
    ----------
    dry_run
        Only say what would change.

    Raises
    ------
    InvalidError
        ``area.name_missing``, ``area.too_long``, ``area.wrong_level``.
    ConflictError
        ``area.name_exists``: that area has one of this name, or nobody has said where the one of this name lies;
        ``area.code_exists``.
    NotFoundError
        ``area.not_found``.
    """
    name, code = without_hidden(name).strip(), without_hidden(code).strip()
    check_area(name, code)
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        gazetteer = Gazetteer(unit.connection, made_prefix=f"N{areas.next_number(unit.connection)}-")
        if parent_id is None and level is not AreaLevel.CITY and level is not AreaLevel.COUNTY:
            parent_id = gazetteer.only_county()
        _require_fit(gazetteer, level, parent_id)
        _require_free(gazetteer, level, name, code, parent_id)
        made = gazetteer.make(level, name, parent_id, code)
        fill_in(gazetteer, unit.connection, {level})
        gazetteer.settle()
        return _kept(unit, gazetteer, "create", made, dry_run=dry_run, level=level.value)


def edit_area(
    store: Store,
    actor: Actor | None,
    area_id: int,
    *,
    name: str,
    code: str,
    parent_id: int | None,
    dry_run: bool = False,
) -> AreaEffects:
    """Give an area another name or code, or let it lie in another area, and what lies in it too.

    Raises
    ------
    InvalidError
        ``area.name_missing``, ``area.too_long``, ``area.wrong_level``, ``area.unchanged``.
    ConflictError
        ``area.name_exists``, ``area.code_exists``.
    NotFoundError
        ``area.not_found``.
    """
    name, code = without_hidden(name).strip(), without_hidden(code).strip()
    check_area(name, code)
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        gazetteer = Gazetteer(unit.connection, made_prefix="")
        held = _found(gazetteer, area_id)
        code = code or held.code
        if (name, code, parent_id) == (held.name, held.code, held.parent_id):
            raise InvalidError("area.unchanged", name=name)
        _require_fit(gazetteer, held.level, parent_id)
        _require_free(gazetteer, held.level, name, code, parent_id, besides=area_id)
        if (name, code) != (held.name, held.code):
            gazetteer.change(area_id, name=name, code=code)
        if parent_id != held.parent_id:
            gazetteer.move({area_id: parent_id})
        return _kept(unit, gazetteer, "edit", gazetteer.by_id[area_id], dry_run=dry_run, before=held.name)


def merge_areas(store: Store, actor: Actor | None, area_id: int, into_id: int, *, dry_run: bool = False) -> AreaEffects:
    """Make one area of two: what lies in the first comes to lie in the second, areas of one name become one too.

    Raises
    ------
    InvalidError
        ``area.wrong_level``: they are not of one level; ``area.unchanged``: they are one already.
    ConflictError
        ``area.has_lists``: the first has lists of its own, which the second would not get.
    NotFoundError
        ``area.not_found``.
    """
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        gazetteer = Gazetteer(unit.connection, made_prefix="")
        one, into = _found(gazetteer, area_id), _found(gazetteer, into_id)
        if area_id == into_id:
            raise InvalidError("area.unchanged", name=one.name)
        if one.level is not into.level:
            raise InvalidError("area.wrong_level", name=one.name, other=into.name)
        if area_journal.has_lists(unit.connection, area_id):
            raise ConflictError("area.has_lists", name=one.name)
        joined: list[tuple[str, str]] = []
        _merge(gazetteer, one, into, joined)
        after = Gazetteer(unit.connection, made_prefix="")
        after.journal, after.moved = gazetteer.journal, gazetteer.moved
        after.journal.refile(after.by_id, [into_id])
        return _kept(unit, after, "merge", into, dry_run=dry_run, joined=joined, merged=one.name)


def _merge(gazetteer: Gazetteer, one: Area, into: Area, joined: list[tuple[str, str]]) -> None:
    for child in [area for area in gazetteer.by_id.values() if area.parent_id == one.id]:
        same = gazetteer.known(child.level, child.name, into.id)
        if same is not None and same.id != child.id:
            _merge(gazetteer, child, same, joined)
    gazetteer.journal.refer_to(one.id, into.id)
    if (outline := areas.get_area(gazetteer.connection, one.id)) is not None and outline.geometry is not None:
        held = areas.get_area(gazetteer.connection, into.id)
        if held is not None and held.geometry is None:
            gazetteer.journal.change(into.id, geometry=outline.geometry)
    gazetteer.journal.remove(one.id)
    joined.append((one.name, into.name))


def delete_area(store: Store, actor: Actor | None, area_id: int, *, dry_run: bool = False) -> AreaEffects:
    """Delete an area in which nothing lies.

    Raises
    ------
    ConflictError
        ``area.not_empty``: areas, estates or accounts lie in it; ``area.has_lists``.
    NotFoundError
        ``area.not_found``.
    """
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        gazetteer = Gazetteer(unit.connection, made_prefix="")
        held = _found(gazetteer, area_id)
        if area_journal.has_lists(unit.connection, area_id):
            raise ConflictError("area.has_lists", name=held.name)
        if area_journal.is_needed(unit.connection, area_id):
            counts = area_journal.counts_by_area(unit.connection).get(area_id, (0, 0))
            children = sum(one.parent_id == area_id for one in gazetteer.by_id.values())
            raise ConflictError("area.not_empty", name=held.name, areas=children, estates=counts[0], accounts=counts[1])
        gazetteer.journal.remove(area_id)
        return _kept(unit, gazetteer, "delete", held, dry_run=dry_run)


def last_area_act(store: Store, actor: Actor | None) -> AreaAct | None:
    """Return the last act by hand on the hierarchy, which can be taken back."""
    with reading(store, actor, Action.EDIT_AREAS) as door:
        return area_journal.last_act(door.connection)


def undo_area_act(store: Store, actor: Actor | None, act_id: int) -> AreaAct:
    """Take the last act by hand on the hierarchy back.

    Raises
    ------
    ConflictError
        ``area.changed_since``: it is not the last any more, or what it changed is used or changed since.
    """
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        last = area_journal.last_act(unit.connection)
        if last is None or last.id != act_id:
            raise ConflictError("area.changed_since")
        area_journal.undo_act(unit.connection, act_id, unit.at)
        unit.log("area.undo", "area", last.name, undone=last.act)
        unit.commit()
    return last


def _found(gazetteer: Gazetteer, area_id: int) -> Area:
    held = gazetteer.by_id.get(area_id)
    if held is None:
        raise NotFoundError("area.not_found")
    return held


def _require_fit(gazetteer: Gazetteer, level: AreaLevel, parent_id: int | None) -> None:
    if parent_id is not None:
        parent = _found(gazetteer, parent_id)
        if not is_wider(parent.level, level):
            raise InvalidError("area.wrong_level", name=parent.name, other="")


def _require_free(
    gazetteer: Gazetteer, level: AreaLevel, name: str, code: str, parent_id: int | None, *, besides: int | None = None
) -> None:
    others = [one for one in gazetteer.by_id.values() if one.level is level and one.id != besides]
    alike = [one for one in others if area_key(one.name, level) == area_key(name, level)]
    above = None if parent_id is None else [parent_id, *gazetteer.ancestors(gazetteer.by_id[parent_id])]
    for one in alike:
        # One of which nobody has said yet that it lies elsewhere is this one.
        if one.parent_id == parent_id or above is None or set(gazetteer.ancestors(one)) < set(above):
            raise ConflictError("area.name_exists", name=name, known=one.name)
    if (same := gazetteer.coded(level, code)) is not None and same.id != besides:
        raise ConflictError("area.code_exists", code=code, known=same.name)


def _kept(
    unit: ActingUnit,
    gazetteer: Gazetteer,
    act: str,
    area: Area,
    *,
    dry_run: bool,
    joined: list[tuple[str, str]] | None = None,
    **detail: str,
) -> AreaEffects:
    """Return what an act changes; keep it, so that it can be taken back, unless it is only tried."""
    effects = effects_of(unit.connection, gazetteer, joined=joined or ())
    if not dry_run:
        area_journal.keep_act(
            unit.connection,
            at=unit.at,
            login=unit.actor.login,
            act=act,
            name=area.name,
            steps=gazetteer.journal.steps,
        )
        unit.log(
            f"area.{act}",
            "area",
            area.name,
            estates=len(effects.estates),
            **detail,
        )
        unit.commit()
    return effects
