"""Find the areas that a file names, by name or by place, and make those it names first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import shapely

from renovation.geo.joins import PolygonIndex
from renovation.imports.register.estates import EstateRow
from renovation.model.names import name_key
from renovation.model.places import Area, AreaDraft, AreaLevel
from renovation.services.register.places import Placement
from renovation.store import Connection
from renovation.store.register import areas

#: What people leave out or add when they write a place's name.
_ENDINGS = {
    AreaLevel.COUNTY: re.compile(r"(?:区|县|市)$"),
    AreaLevel.STREET: re.compile(r"(?:街道办事处|街道办|街道|镇|乡|街)$"),
    AreaLevel.COMMUNITY: re.compile(r"(?:社区居委会|居委会|社区|村委会|村)$"),
}
_FIELDS = {
    AreaLevel.COUNTY: "county_id",
    AreaLevel.STREET: "street_id",
    AreaLevel.COMMUNITY: "community_id",
    AreaLevel.GRID: "grid_id",
}


def _key(name: str, level: AreaLevel) -> str:
    key = name_key(name)
    ending = _ENDINGS.get(level)
    short = ending.sub("", key) if ending else key
    # "市" and "镇" alone are whole names of nothing; keep what would vanish.
    return short or key


class Gazetteer:
    """The areas of a store while one file is taken in."""

    def __init__(self, connection: Connection, *, made_prefix: str) -> None:
        self._connection = connection
        self._prefix = made_prefix
        self._by_id: dict[int, Area] = {}
        self._by_name: dict[tuple[AreaLevel, str], list[Area]] = {}
        self._grids: dict[str, Area] = {}
        self.made: list[int] = []
        for area in areas.list_areas(connection):
            self._keep(area)

    def _keep(self, area: Area) -> None:
        self._by_id[area.id] = area
        self._by_name.setdefault((area.level, _key(area.name, area.level)), []).append(area)
        if area.level is AreaLevel.GRID:
            self._grids[name_key(area.code)] = area

    def place(self, rows: Sequence[EstateRow]) -> list[Placement]:
        """Return where each row's estate lies: by the names the file gives, by its geometry where it gives none."""
        located = self._by_geometry(rows)
        return [self._by_names(row, found) for row, found in zip(rows, located, strict=True)]

    def _by_names(self, row: EstateRow, located: Placement) -> Placement:
        if not (row.district or row.street or row.community or row.grid_code):
            return located
        parent: int | None = None
        for level, name in (
            (AreaLevel.COUNTY, row.district),
            (AreaLevel.STREET, row.street),
            (AreaLevel.COMMUNITY, row.community),
        ):
            if name:
                parent = self._named(level, name, parent)
        if row.grid_code:
            grid = self._grids.get(name_key(row.grid_code)) or self._make(
                AreaLevel.GRID, row.grid_code, parent, row.grid_code
            )
            parent = grid.id
        named = self._chain(parent)
        # The file's words win; its geometry adds the levels below them, as long as both tell the same story.
        deeper = {
            field: getattr(named, field) or getattr(located, field)
            for field in _FIELDS.values()
            if self._agree(named, located)
        }
        return Placement(**deeper) if deeper else named

    @staticmethod
    def _agree(named: Placement, located: Placement) -> bool:
        pairs = [(getattr(named, field), getattr(located, field)) for field in _FIELDS.values()]
        return all(one is None or other is None or one == other for one, other in pairs)

    def _named(self, level: AreaLevel, name: str, parent: int | None) -> int:
        known = self._by_name.get((level, _key(name, level)), [])
        below = [area for area in known if parent is None or parent in self._ancestors(area)]
        if len(below) == 1:
            return below[0].id
        exact = [area for area in below if name_key(area.name) == name_key(name)]
        if len(exact) == 1:
            return exact[0].id
        return self._make(level, name, parent).id

    def _ancestors(self, area: Area) -> list[int]:
        found: list[int] = []
        while area.parent_id is not None and area.parent_id in self._by_id:
            area = self._by_id[area.parent_id]
            found.append(area.id)
        return found

    def _make(self, level: AreaLevel, name: str, parent: int | None, code: str = "") -> Area:
        code = code or f"{self._prefix}{len(self.made) + 1}"
        (made,) = areas.add_areas(
            self._connection, [AreaDraft(level=level, code=code[:30], name=name[:80], parent_id=parent)]
        )
        area = Area(id=made, level=level, code=code, name=name, parent_id=parent)
        self.made.append(made)
        self._keep(area)
        return area

    def _chain(self, area_id: int | None) -> Placement:
        found: dict[str, int] = {}
        while area_id is not None:
            area = self._by_id[area_id]
            if area.level in _FIELDS:
                found[_FIELDS[area.level]] = area.id
            area_id = area.parent_id
        return Placement(**found)

    def _by_geometry(self, rows: Sequence[EstateRow]) -> list[Placement]:
        result: list[dict[str, int]] = [{} for _ in rows]
        known = [at for at, row in enumerate(rows) if row.geometry is not None]
        if not known:
            return [Placement() for _ in rows]
        points = shapely.point_on_surface(shapely.from_wkb(np.array([rows[at].geometry for at in known], dtype=object)))
        x, y = shapely.get_x(points), shapely.get_y(points)
        for level, field in _FIELDS.items():
            outlined = [
                area
                for area in areas.list_areas(self._connection, level=level, outlines=True)
                if area.geometry is not None
            ]
            if not outlined:
                continue
            index = PolygonIndex(shapely.from_wkb(np.array([area.geometry for area in outlined], dtype=object)))
            for at, hit in zip(known, index.assign(x, y), strict=True):
                if hit >= 0:
                    result[at][field] = outlined[hit].id
        return [Placement(**found) for found in result]
