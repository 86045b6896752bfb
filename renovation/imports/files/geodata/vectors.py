"""GeoPackages and shapes read by GDAL in a process of its own, with a limit on time and memory.

A crafted file that makes a C library spin, swell or crash then ends this helper and not the server. What comes back is
plain JSON; nothing is unpickled.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from renovation.config import CHECKOUT
from renovation.imports.files.results import UnreadableError

if TYPE_CHECKING:
    from pyproj import CRS

SECONDS = 60
MEGABYTES = 1500


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """One layer: columns, rows and geometries (WKB or ``None``), and what it says of its coordinates.

    ``epsg`` is ``EPSG:n``, gcj02 or bd09; ``unknown_crs`` the name of a system that is none of them; ``measured`` the
    rows (from 0) whose coordinates have a measure, which GDAL's reader drops; ``beside`` the file's tables without
    shapes, which nobody asked for.
    """

    name: str
    epsg: str | None
    unknown_crs: str | None
    columns: list[str]
    rows: list[list[Any]]
    geometries: list[bytes | None]
    measured: list[int]
    beside: tuple[str, ...] = ()


def read_layers(
    files: dict[str, bytes], main: str, *, layer: str | None = None, seconds: int = SECONDS
) -> list[VectorLayer]:
    """Read the layers of a vector file.

    Parameters
    ----------
    files
        File names (chosen by the caller, never by a stranger) and contents; ``main`` is the one to open.
    layer
        Only the layer of this name.

    Raises
    ------
    UnreadableError
        ``geodata.broken``, ``geodata.too_slow``.
    """
    with tempfile.TemporaryDirectory(prefix="renovation-") as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        request = json.dumps({"path": str(Path(folder, main)), "layer": layer, "megabytes": MEGABYTES})
        home = CHECKOUT
        environment = {**os.environ, "PYTHONPATH": str(home), "PYTHONIOENCODING": "utf-8"}
        try:
            answer = subprocess.run(
                [sys.executable, "-m", "renovation.imports.files.geodata.vectors"],
                input=request.encode(),
                capture_output=True,
                timeout=seconds,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnreadableError("geodata.too_slow", seconds=seconds) from None
    if answer.returncode != 0:
        raise UnreadableError("geodata.broken")
    found = json.loads(answer.stdout)
    return [
        VectorLayer(
            one["name"],
            one["epsg"],
            one["unknown_crs"],
            one["columns"],
            one["rows"],
            [None if g is None else base64.b64decode(g) for g in one["geometries"]],
            one["measured"],
            tuple(one["beside"]),
        )
        for one in found
    ]


def _coordinates(crs: str | None) -> tuple[str | None, str | None]:
    """Return what a layer's CRS is, or else the name of what nobody here knows; neither where it says nothing."""
    # So GDAL calls what a GeoPackage leaves open.
    if not crs or re.match(r'(?:ENGCRS|LOCAL_CS|GEOGCRS|GEOGCS)\["Undefined', crs):
        return None, None
    # Files of this tool name in words what has no code.
    if (named := next((name for name in ("gcj02", "bd09") if name in crs[:60].lower()), None)) is not None:
        return named, None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        given = CRS.from_user_input(crs)
        code = given.to_epsg(min_confidence=60)
    except CRSError:
        return None, crs[:60]
    if code is None or not _same(given, CRS.from_epsg(code)):
        return None, given.name[:60]
    return f"EPSG:{code}", None


def _same(given: CRS, official: CRS) -> bool:
    """Tell whether two systems of one name put a place at the same coordinates, within a centimetre."""
    from pyproj import Transformer

    one, two = given.ellipsoid, official.ellipsoid
    if one is None or two is None or abs(one.semi_major_metre - two.semi_major_metre) > 0.01:
        return False
    if given.is_geographic or not official.area_of_use:
        return given.is_geographic == official.is_geographic
    used = official.area_of_use
    place = (used.west + 0.4 * (used.east - used.west), used.south + 0.4 * (used.north - used.south))
    found = [Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(*place) for crs in (given, official)]
    return max(abs(a - b) for a, b in zip(*found, strict=True)) < 0.01


def _plain(value: Any) -> Any:
    import numpy as np

    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, bytes):
        return None
    return value if isinstance(value, str | bool | int | float) else str(value)


def _read_here(path: str, layer: str | None) -> list[dict[str, Any]]:
    import pyogrio
    from pyogrio import raw

    if path.endswith(".gpkg"):
        _forget_counts(path)
    found = []
    held_layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    beside = [name for name, kind in held_layers if kind is None and name != layer]
    for name, kind in held_layers:
        if (layer is not None and name != layer) or (kind is None and layer is None):
            continue
        held = pyogrio.read_info(path, layer=name)
        # Pictures and the like are never read, however large.
        plain = [str(one) for one, type_ in zip(held["fields"], held["ogr_types"], strict=True) if type_ != "OFTBinary"]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            meta, ids, geometries, columns = raw.read(
                path, layer=name, columns=plain, datetime_as_string=True, return_fids=True
            )
        shapes = [None] * len(ids) if geometries is None else geometries.tolist()
        with_measure = any("Measured" in str(one.message) for one in said)
        measured = _measured_ids(path, name) if path.endswith(".gpkg") else set()
        rows = [[_plain(value) for value in row] for row in zip(*columns, strict=True)]
        epsg, unknown = _coordinates(meta["crs"])
        if not columns:
            rows = [[] for _ in shapes]
        found.append(
            {
                "name": name,
                "beside": beside,
                "epsg": epsg,
                "unknown_crs": unknown,
                "columns": [str(c) for c in meta["fields"]],
                "rows": rows,
                "geometries": [None if g is None else base64.b64encode(g).decode() for g in shapes],
                "measured": [
                    at
                    for at, (fid, shape) in enumerate(zip(ids.tolist(), shapes, strict=True))
                    if shape is not None and (fid in measured or (with_measure and not measured))
                ],
            }
        )
    return found


def _forget_counts(path: str) -> None:
    """Have GDAL count the rows of this copy itself: rows that a program added uncounted it would not read."""
    import sqlite3

    # What is wrong with the file, GDAL finds.
    with closing(sqlite3.connect(path)) as database, suppress(sqlite3.DatabaseError):
        database.execute("DROP TABLE IF EXISTS gpkg_ogr_contents")
        database.commit()


def _measured_ids(path: str, layer: str) -> set[int]:
    """Return the row ids of a GeoPackage's layer whose geometry says in its head that it has a measure."""
    import sqlite3

    table = layer.replace('"', '""')
    found: set[int] = set()
    with closing(sqlite3.connect(path)) as database, suppress(sqlite3.DatabaseError):
        columns = database.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,))
        for (column,) in columns.fetchall():
            name = str(column).replace('"', '""')
            heads = f'SELECT rowid, substr("{name}", 1, 77) FROM "{table}" WHERE "{name}" NOTNULL'  # noqa: S608 (quoted)
            found.update(rowid for rowid, head in database.execute(heads) if _has_measure(bytes(head)))
    return found


#: Bytes of the envelope in a GeoPackage's geometry, by its kind.
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def _has_measure(head: bytes) -> bool:
    """Tell whether a geometry of a GeoPackage has a measure: ISO writes 2001 and 3001 for points, EWKB sets a bit."""
    at = 8 + _ENVELOPES.get(head[3] >> 1 & 7, 0) if len(head) > 8 else len(head)
    if len(head) < at + 5:
        return False
    kind = int.from_bytes(head[at + 1 : at + 5], "little" if head[at] else "big")
    return bool(kind & 0x40000000) or (kind & 0xFFFF) // 1000 in (2, 3)


def _serve() -> int:
    request = json.load(sys.stdin)
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit holds there too.
        pass
    else:
        limit = request["megabytes"] << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit * 2, limit * 2))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = _read_here(request["path"], request["layer"])
    except Exception:  # whatever GDAL raises, the caller only needs to know that it did
        return 1
    json.dump(found, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(_serve())
