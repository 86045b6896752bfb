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

    ``epsg`` is ``EPSG:n``, gcj02 or bd09; ``unknown_crs`` the name of a system that is none of them.
    """

    name: str
    epsg: str | None
    unknown_crs: str | None
    columns: list[str]
    rows: list[list[Any]]
    geometries: list[bytes | None]


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

    found = []
    for name, kind in pyogrio.list_layers(path):
        if (layer is not None and name != layer) or (kind is None and layer is None):
            continue
        held = pyogrio.read_info(path, layer=name)
        # Pictures and the like are never read, however large.
        plain = [str(one) for one, type_ in zip(held["fields"], held["ogr_types"], strict=True) if type_ != "OFTBinary"]
        meta, _, geometries, columns = raw.read(path, layer=name, columns=plain, datetime_as_string=True)
        rows = [[_plain(value) for value in row] for row in zip(*columns, strict=True)]
        epsg, unknown = _coordinates(meta["crs"])
        if not columns:
            rows = [[] for _ in range(len(geometries))]
        found.append(
            {
                "name": str(name),
                "epsg": epsg,
                "unknown_crs": unknown,
                "columns": [str(c) for c in meta["fields"]],
                "rows": rows,
                "geometries": [None if g is None else base64.b64encode(g).decode() for g in geometries],
            }
        )
    return found


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
