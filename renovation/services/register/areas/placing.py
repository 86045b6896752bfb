"""Find the areas that a file names, by name or by place, and make those it names first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from renovation.geo.joins import PolygonIndex
from renovation.imports.register.estates import EstateRow
from renovation.model.areas import LEVEL_COLUMNS, AreaMove, is_wider
from renovation.model.names import name_key
from renovation.model.places import Area, AreaDraft, AreaLevel
from renovation.services.register.places import Placement
from renovation.store import Connection
from renovation.store.register import areas, estates
from renovation.store.register.area_journal import AreaJournal

#: What people leave out or add when they write a place's name.
_ENDINGS = {
    AreaLevel.COUNTY: re.compile(r"(?:区|县|市)$"),
    AreaLevel.STREET: re.compile(r"(?:街道办事处|街道办|街道|镇|乡|街)$"),
    AreaLevel.COMMUNITY: re.compile(r"(?:社区居委会|居委会|社区|村委会|村)$"),
}


def area_key(name: str, level: AreaLevel) -> str:
    """Return what all ways of writing an area's name have in common, its ending left out."""
    key = name_key(name)
    ending = _ENDINGS.get(level)
    short = ending.sub("", key) if ending else key
    # "市" and "镇" alone are whole names of nothing; keep what would vanish.
    return short or key


class Gazetteer:
    """The areas of a store while one file is taken in; what it makes and moves stands in its ``journal``."""

    def __init__(self, connection: Connection, *, made_prefix: str) -> None:
        self.connection = connection
        self._prefix = made_prefix
        self.journal = AreaJournal(connection)
        self.made: list[int] = []
        self.moved: list[AreaMove] = []
        self.by_id: dict[int, Area] = {}
        self._by_name: dict[tuple[AreaLevel, str], list[Area]] = {}
        self._by_code: dict[tuple[AreaLevel, str], Area] = {}
        for area in areas.list_areas(connection):
            self._keep(area)

    def _keep(self, area: Area) -> None:
        if (before := self.by_id.get(area.id)) is not None:
            self._by_name[before.level, area_key(before.name, before.level)].remove(before)
            self._by_code.pop((before.level, name_key(before.code)), None)
        self.by_id[area.id] = area
        self._by_name.setdefault((area.level, area_key(area.name, area.level)), []).append(area)
        self._by_code[area.level, name_key(area.code)] = area

    def coded(self, level: AreaLevel, code: str) -> Area | None:
        """Return the area of a code."""
        return self._by_code.get((level, name_key(code))) if code else None

    def place(self, rows: Sequence[EstateRow]) -> list[Placement]:
        """Return where each row's estate lies: by the names the file gives, by its geometry where it gives none."""
        located = self._by_geometry(rows)
        return [self._by_names(row, found) for row, found in zip(rows, located, strict=True)]

    def only_county(self) -> int | None:
        """Return the one county there is: what names none lies in it."""
        counties = [area.id for area in self.by_id.values() if area.level is AreaLevel.COUNTY]
        return counties[0] if len(counties) == 1 else None

    def _by_names(self, row: EstateRow, located: Placement) -> Placement:
        county = located.county_id or self.only_county()
        if not (row.district or row.street or row.community or row.grid_code):
            return located if located.county_id or county is None else Placement(county_id=county)
        parent: int | None = None
        for level, name in (
            (AreaLevel.COUNTY, row.district),
            (AreaLevel.STREET, row.street),
            (AreaLevel.COMMUNITY, row.community),
        ):
            if name:
                nearest = located.street_id if level is AreaLevel.COMMUNITY and located.street_id else county
                parent = self.named(level, name, parent, located=located, otherwise=nearest)
        if row.grid_code:
            grid = self.coded(AreaLevel.GRID, row.grid_code) or self.make(
                AreaLevel.GRID, row.grid_code, parent if parent is not None else county, row.grid_code
            )
            parent = grid.id
        named = self._chain(parent)
        # The file's words win; its geometry adds the levels below them, as long as both tell the same story.
        deeper = {
            field: getattr(named, field) or getattr(located, field)
            for field in LEVEL_COLUMNS.values()
            if self.agree(named, located)
        }
        return Placement(**deeper) if deeper else named

    @staticmethod
    def agree(named: Placement, located: Placement) -> bool:
        """Tell whether two placements say nothing against each other."""
        pairs = [(getattr(named, field), getattr(located, field)) for field in LEVEL_COLUMNS.values()]
        return all(one is None or other is None or one == other for one, other in pairs)

    def named(
        self,
        level: AreaLevel,
        name: str,
        parent: int | None,
        *,
        located: Placement = Placement(),  # noqa: B008 (frozen)
        otherwise: int | None = None,
    ) -> int:
        """Return the area of a name, made where there is none.

        Parameters
        ----------
        parent
            The area it is said to lie in.
        located
            Where it lies by its place: that tells two of one name apart.
        otherwise
            What a new one lies in where nobody says it.
        """
        found = self.known(level, name, parent, located=located)
        if found is not None:
            return found.id
        if otherwise is not None and not is_wider(self.by_id[otherwise].level, level):
            otherwise = None
        above = parent if parent is not None else otherwise
        if above is not None and (loose := self.loose(level, name, above)) is not None:
            self.move({loose.id: above})
            return loose.id
        # Of several of one name it is the one right there: one more beside them for each row would be no answer.
        beside = [one for one in self._by_name.get((level, area_key(name, level)), []) if one.parent_id == above]
        return beside[0].id if beside else self.make(level, name, above).id

    def known(
        self,
        level: AreaLevel,
        name: str,
        parent: int | None,
        *,
        located: Placement = Placement(),  # noqa: B008 (frozen)
    ) -> Area | None:
        """Return the one area of a name and level in another one; ``None`` where there is none, or several."""
        known = self._by_name.get((level, area_key(name, level)), [])
        inside = [area for area in known if parent is None or parent in self.ancestors(area)]
        here = getattr(located, LEVEL_COLUMNS[level]) if level in LEVEL_COLUMNS else None
        there = [area for area in inside if area.id == here]
        exact = [area for area in inside if name_key(area.name) == name_key(name)]
        return next((found[0] for found in (inside, there, exact) if len(found) == 1), None)

    def loose(self, level: AreaLevel, name: str, parent: int) -> Area | None:
        """Return the one area of a name of which nobody has said yet that it lies in a parent, or elsewhere."""
        above = {area.id for area in self._up(parent)}
        known = self._by_name.get((level, area_key(name, level)), [])
        loose = [area for area in known if set(self.ancestors(area)) < above]
        return loose[0] if len(loose) == 1 else None

    def _up(self, area_id: int | None) -> list[Area]:
        found: list[Area] = []
        while area_id is not None and area_id in self.by_id:
            found.append(self.by_id[area_id])
            area_id = self.by_id[area_id].parent_id
        return found

    def ancestors(self, area: Area) -> list[int]:
        """Return the areas that an area lies in, from narrow to wide."""
        return [one.id for one in self._up(area.parent_id)]

    def trail(self, area_id: int | None) -> tuple[str, ...]:
        """Return the names of an area and all it lies in, from wide to narrow."""
        return tuple(area.name for area in reversed(self._up(area_id)))

    def make(
        self, level: AreaLevel, name: str, parent: int | None, code: str = "", geometry: bytes | None = None
    ) -> Area:
        """Insert an area."""
        code = (code or f"{self._prefix}{len(self.made) + 1}")[:30]
        draft = AreaDraft(level=level, code=code, name=name[:80], parent_id=parent, geometry=geometry)
        made = self.journal.add(draft)
        area = Area(id=made, level=level, code=code, name=name[:80], parent_id=parent)
        self.made.append(made)
        self._keep(area)
        return area

    def change(self, area_id: int, **values: Any) -> None:
        """Write columns of an area."""
        self.journal.change(area_id, **values)
        values.pop("geometry", None)
        self._keep(replace(self.by_id[area_id], **values))

    def move(self, parents: Mapping[int, int | None]) -> None:
        """Let areas lie in others (area → the other), and what lies in them too."""
        for area_id, parent in parents.items():
            area = self.by_id[area_id]
            before = self.trail(area.parent_id)
            self.change(area_id, parent_id=parent)
            self.moved.append(AreaMove(name=area.name, before=before, after=self.trail(parent)))
        self.journal.refile(self.by_id, parents)

    def settle(self) -> None:
        """Let areas that lie nowhere lie in the one that holds their outline, in the one district there is, or in the
        one where all their estates lie.
        """
        only, parents = self.only_county(), {}
        by_estates = estates.county_of_areas(self.connection)
        wide = (AreaLevel.CITY, AreaLevel.COUNTY)
        for area in [one for one in self.by_id.values() if one.parent_id is None and one.level not in wide]:
            held = areas.get_area(self.connection, area.id)
            found = self.holding(held.geometry, area.level) if held and held.geometry else None
            if (above := found or only or by_estates.get(area.id)) is not None:
                parents[area.id] = above
        self.move(parents)

    def holding(self, geometry: bytes, level: AreaLevel) -> int | None:
        """Return the narrowest area wider than a level in whose outline a geometry lies."""
        middle = shapely.point_on_surface(shapely.from_wkb(geometry))
        for wider in reversed([one for one in LEVEL_COLUMNS if is_wider(one, level)]):
            found = [
                (shapely.area(outline), area.id)
                for area in areas.list_areas(
                    self.connection, level=wider, outlines=True, within=(middle.x, middle.y, middle.x, middle.y)
                )
                if area.geometry is not None and shapely.intersects(outline := shapely.from_wkb(area.geometry), middle)
            ]
            if found:
                return min(found)[1]
        return None

    def _chain(self, area_id: int | None) -> Placement:
        above = [one for one in self._up(area_id) if one.level in LEVEL_COLUMNS]
        return Placement(**{LEVEL_COLUMNS[one.level]: one.id for one in above})

    def _by_geometry(self, rows: Sequence[EstateRow]) -> list[Placement]:
        return locate_all(self.connection, [row.geometry for row in rows])


def fill_in(gazetteer: Gazetteer, connection: Connection, levels: Collection[AreaLevel]) -> None:
    """Give estates that lack an area of these levels the one that holds them, or the one county there is."""
    only = gazetteer.only_county()
    lacking = estates.places_to_fill(connection)
    located = locate_all(connection, [one.geometry for one in lacking])
    found: dict[tuple[str, int], list[int]] = {}
    for one, there in zip(lacking, located, strict=True):
        held = Placement(**{field: getattr(one, field) for field in LEVEL_COLUMNS.values()})
        wanted = there if gazetteer.agree(held, there) else Placement()
        for field in (LEVEL_COLUMNS[level] for level in levels if level in LEVEL_COLUMNS):
            area_id = getattr(wanted, field)
            if field == "county_id" and area_id is None:
                area_id = only
            if getattr(held, field) is None and area_id is not None:
                found.setdefault((field, area_id), []).append(one.id)
    for (field, area_id), ids in found.items():
        gazetteer.journal.place_estates(field, area_id, ids)


def locate_all(connection: Connection, geometries: Sequence[bytes | None]) -> list[Placement]:
    """Return the areas that hold a place inside each geometry (WKB, EPSG:4490); ``None`` lies nowhere."""
    result: list[dict[str, int]] = [{} for _ in geometries]
    known = [at for at, geometry in enumerate(geometries) if geometry is not None]
    if not known:
        return [Placement() for _ in geometries]
    points = shapely.point_on_surface(shapely.from_wkb(np.array([geometries[at] for at in known], dtype=object)))
    x, y = shapely.get_x(points), shapely.get_y(points)
    for level, field in LEVEL_COLUMNS.items():
        outlined = [
            area for area in areas.list_areas(connection, level=level, outlines=True) if area.geometry is not None
        ]
        if not outlined:
            continue
        index = PolygonIndex(shapely.from_wkb(np.array([area.geometry for area in outlined], dtype=object)))
        for at, hit in zip(known, index.assign(x, y), strict=True):
            if hit >= 0:
                result[at][field] = outlined[hit].id
    return [Placement(**found) for found in result]
