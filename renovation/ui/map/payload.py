"""Pack a layer's geometry small, and give the browser an address to fetch it from.

Coordinates become whole millionths of a degree (0.1 m), each the difference from the one before, in byte planes,
compressed; 20,000 estates take about 1 MB. The file is named after its digest, so that a browser that has it never
asks again, and nobody can guess the address of data they have not been shown.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import shapely

from renovation.model.clock import now
from renovation.store.files import write_whole
from renovation.ui.map.layers import Layer, MapLayer, PointLayer

#: Whole units per degree.
_UNITS = 1_000_000
#: Layers up to this size travel inside the page's message; larger ones as a file.
INLINE_BYTES = 6_000
#: More corners than this are thinned, one metre at a time.
MAX_CORNERS = 600_000
_METRE_DEGREES = 1e-5
#: Above this many shapes hover shows the class, not a text of each shape.
MAX_TOOLTIPS = 50_000
_KEEP_SECONDS = 24 * 3600
_REMEMBERED = 64

_packed: OrderedDict[str, tuple[bytes, tuple[float, float, float, float] | None]] = OrderedDict()
_packed_lock = Lock()

Bounds = tuple[float, float, float, float]


def digest(layer: MapLayer) -> str:
    """Return a name for everything the file of ``layer`` depends on, and for its ids."""
    found = hashlib.sha256(layer.kind.encode())
    for words in (layer.ids, layer.tooltips, layer.labels):
        found.update(b"\x1d" if words is None else "\x1e".join(words).encode())
        found.update(b"\x1f")
    if isinstance(layer, PointLayer):
        found.update(np.asarray(layer.lons, dtype=np.float64).tobytes())
        found.update(np.asarray(layer.lats, dtype=np.float64).tobytes())
    else:
        for shape in layer.geometries:
            found.update(shape if isinstance(shape, bytes) else shape.wkb)
    return found.hexdigest()


def pack(layer: MapLayer, name: str) -> tuple[bytes, Bounds | None]:
    """Return the layer's file and its bounds (west, south, east, north); ``name`` is its digest."""
    with _packed_lock:
        if name in _packed:
            _packed.move_to_end(name)
            return _packed[name]
    if isinstance(layer, PointLayer):
        corners = np.column_stack(
            [np.asarray(layer.lons, dtype=np.float64), np.asarray(layer.lats, dtype=np.float64)]
        ).reshape(-1, 2)
        counts: list[tuple[str, np.ndarray]] = []
    else:
        corners, counts = _corners(layer)
    known = _bytes(layer, corners, counts), _bounds(corners)
    with _packed_lock:
        _packed[name] = known
        while len(_packed) > _REMEMBERED:
            _packed.popitem(last=False)
    return known


def _corners(layer: MapLayer) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """Return all corners, and how many corners each ring and rings each shape has."""
    assert not isinstance(layer, PointLayer)
    shapes = np.array(
        [shapely.from_wkb(shape) if isinstance(shape, bytes) else shape for shape in layer.geometries], dtype=object
    )
    tolerance = _METRE_DEGREES
    while shapely.get_num_coordinates(shapes).sum() > MAX_CORNERS:
        shapes = shapely.simplify(shapes, tolerance, preserve_topology=True)
        tolerance *= 2
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    if layer.kind == "area":
        rings, ring_of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
        ring_shape = part_of[ring_of]
    else:
        rings, ring_shape = parts, part_of
    corners, corner_of = shapely.get_coordinates(rings, return_index=True)
    return corners, [
        ("rings", np.bincount(corner_of, minlength=len(rings))),
        ("shapes", np.bincount(ring_shape, minlength=len(shapes))),
    ]


def _bounds(corners: np.ndarray) -> Bounds | None:
    if not len(corners):
        return None
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _planes(values: np.ndarray) -> bytes:
    return values.astype("<i4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _bytes(layer: Layer, corners: np.ndarray, counts: list[tuple[str, np.ndarray]]) -> bytes:
    whole = np.rint(corners * _UNITS).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    arrays = [("x", steps[:, 0]), ("y", steps[:, 1]), *counts]
    head: dict[str, Any] = {
        "n": len(layer.ids),
        "kind": layer.kind,
        "arrays": [(name, len(values)) for name, values in arrays],
        "tooltips": list(layer.tooltips) if layer.tooltips is not None and len(layer.ids) <= MAX_TOOLTIPS else None,
        "labels": list(layer.labels) if layer.labels is not None else None,
    }
    said = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    content = len(said).to_bytes(4, "little") + said + b"".join(_planes(values) for _, values in arrays)
    # No time stamp, so that equal data gives an equal file.
    return gzip.compress(content, compresslevel=6, mtime=0)


def address(content: bytes, folder: Path) -> str:
    """Return where the browser finds ``content``: within the address itself when small, else a file the app serves."""
    if len(content) > INLINE_BYTES and (name := _file(content, folder)):
        # Seen from the frame of streamlit-folium, /component/<name>/index.html.
        return f"../../app/static/{folder.name}/{name}"
    return "data:application/octet-stream;base64," + base64.b64encode(content).decode("ascii")


def _file(content: bytes, folder: Path) -> str | None:
    name = hashlib.sha256(content).hexdigest() + ".bin"
    path = folder / name
    try:
        if path.is_file():
            os.utime(path)
            return name
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(folder)
        write_whole(path, content, lasting=False)
    except OSError:
        # A full or read-only disk only makes the message longer.
        return None
    return name


def _forget_old(folder: Path) -> None:
    horizon = now().timestamp() - _KEEP_SECONDS
    for path in folder.iterdir():
        if path.stat().st_mtime < horizon:
            path.unlink(missing_ok=True)


def class_codes(classes: Sequence[str] | None, names: Iterable[str], shapes: int) -> str:
    """Write classes as run lengths: ``"a12b"`` is twelve of the first class and one of the second."""
    order = {name: code for code, name in enumerate(names)}
    if classes is None:
        return f"a{shapes}" if shapes else ""
    if not shapes:
        return ""
    codes = np.fromiter((order[name] for name in classes), dtype=np.uint8, count=shapes)
    starts = np.flatnonzero(np.diff(codes, prepend=np.uint8(255)))
    lengths = np.diff(starts, append=shapes)
    return "".join(
        chr(97 + code) + (str(length) if length > 1 else "")
        for code, length in zip(codes[starts].tolist(), lengths.tolist(), strict=True)
    )
