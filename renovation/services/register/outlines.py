"""Outlines of estates: what they repeat of the register, and drawing one by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from renovation.errors import ConflictError, InvalidError
from renovation.geo.checks import CHINA, MAX_GROUND_M2, GeometryProblem, check, covering, outside_box
from renovation.geo.crs import area_m2
from renovation.model.accounts import Action, Actor
from renovation.model.places import Estate
from renovation.services.acts import acting
from renovation.services.register.estates import difference_of
from renovation.services.register.places import locate
from renovation.store import Connection, Store
from renovation.store.register import estates

#: An outline with more corners was not drawn by hand.
_MAX_CORNERS = 5_000
#: Refusals that a yes overrules.
QUESTIONS = frozenset({"estate.outline.large", "estate.outline.covers"})
_OUTLINE_ERRORS = {
    GeometryProblem.MISSING: "missing",
    GeometryProblem.EMPTY: "missing",
    GeometryProblem.WRONG_TYPE: "missing",
    GeometryProblem.SELF_CROSSING: "crossing",
    GeometryProblem.INVALID: "crossing",
    GeometryProblem.NO_AREA: "flat",
    GeometryProblem.TOO_MANY_VERTICES: "corners",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """An estate of the register whose outline another one repeats.

    Attributes
    ----------
    at
        Which of the outlines asked about.
    same
        Whether both are one outline; else one lies nearly whole within the other.
    """

    at: int
    id: int
    code: str
    name: str
    percent: int
    same: bool


def repeated_outlines(connection: Connection, outlines: Sequence[bytes | None]) -> list[Repeated]:
    """Return what of outlines (WKB, EPSG:4490; points and ``None`` repeat nothing) the register holds already."""
    shapes = shapely.from_wkb(np.array(outlines, dtype=object))
    asked = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    if not len(asked):
        return []
    west, south, east, north = (float(side) for side in shapely.total_bounds(shapes[asked]))
    held = estates.outlined(connection, (west, south, east, north))
    drawn = shapely.from_wkb(np.array([geometry for *_, geometry in held], dtype=object))
    areas = np.flatnonzero(shapely.get_dimensions(drawn) == 2)
    return [
        Repeated(at=int(asked[at]), id=key, code=code, name=name, percent=round(part * 100), same=same)
        for at, other, part, same in covering(shapes[asked], drawn[areas])
        for key, code, name, _ in (held[areas[other]],)
    ]


def draw_outline(
    store: Store, actor: Actor | None, estate_id: int, geometry: bytes, *, version: int, agreed: bool = False
) -> Estate:
    """Give an estate a new outline, and the areas it then lies in.

    Parameters
    ----------
    geometry
        (Multi)Polygon as WKB in EPSG:4490.
    version
        The version of the file the outline was drawn on.
    agreed
        The person's yes to an outline that is large or overlaps another estate.

    Raises
    ------
    InvalidError
        ``estate.outline.*``: not a polygon, crosses itself, no area, or not in China.
    ConflictError
        ``estate.changed``: somebody else was first; ``estate.outline.taken``: it is another estate's;
        ``estate.outline.large`` or ``estate.outline.covers``: a question first, see ``agreed``.
    """
    outline = shapely.force_2d(shapely.from_wkb(geometry))
    found = check(outline, kinds=("polygon",), max_vertices=_MAX_CORNERS) or outside_box(outline, CHINA)
    if found is not None:
        raise InvalidError(f"estate.outline.{_OUTLINE_ERRORS.get(found.problem, 'place')}")
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        before = unit.estate(estate_id)
        _ask(unit.connection, before, outline, agreed=agreed)
        middle = shapely.point_on_surface(outline)
        place = locate(unit.connection, middle.x, middle.y)
        drawn = replace(
            before,
            geometry=shapely.to_wkb(outline),
            version=version,
            county_id=place.county_id or before.county_id,
            street_id=place.street_id or before.street_id,
            community_id=place.community_id or before.community_id,
            grid_id=place.grid_id or before.grid_id,
        )
        after = estates.update(unit.connection, drawn)
        unit.require_inside(after)
        difference = difference_of(before, after)
        estates.add_change(unit.connection, estate_id, at=unit.at, login=unit.actor.login, fields=difference)
        unit.log("estate.draw", "estate", estate_id, version=after.version)
        unit.commit()
    return after


def _ask(connection: Connection, one: Estate, outline: shapely.Geometry, *, agreed: bool) -> None:
    others = [held for held in repeated_outlines(connection, [shapely.to_wkb(outline)]) if held.id != one.id]
    for held in sorted(others, key=lambda held: not held.same):
        if held.same or not agreed:
            code = "taken" if held.same else "covers"
            raise ConflictError(f"estate.outline.{code}", known=held.name, id=held.code, percent=held.percent)
    ground = float(area_m2(np.array([outline], dtype=object))[0])
    if not agreed and ground > MAX_GROUND_M2:
        raise ConflictError("estate.outline.large", name=one.name, hectares=round(ground / 10_000))
