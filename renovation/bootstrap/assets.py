"""Put the map's scripts and styles where the app serves them: ``static/vendor``, kept out of version control.

``python -m renovation.bootstrap.assets`` copies from the installed packages; a second run finds nothing to do.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENDOR = CHECKOUT / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: the package it comes from, its place there, and its place under ``static/vendor``."""

    package: str
    source: str
    target: str

    def origin(self) -> Path:
        """Return the installed file.

        Raises
        ------
        FileNotFoundError
            The package is not installed or has changed its layout.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(self.package)
        path = Path(spec.submodule_search_locations[0]) / self.source
        if not path.is_file():
            raise FileNotFoundError(path)
        return path


ASSETS = (
    Asset("xstatic.pkg.leaflet", "data/leaflet.js", "leaflet/leaflet.js"),
    Asset("xstatic.pkg.leaflet", "data/leaflet.css", "leaflet/leaflet.css"),
    Asset("xstatic.pkg.leaflet", "data/images/layers.png", "leaflet/images/layers.png"),
    Asset("xstatic.pkg.leaflet", "data/images/layers-2x.png", "leaflet/images/layers-2x.png"),
    Asset("xstatic.pkg.leaflet", "data/images/marker-icon.png", "leaflet/images/marker-icon.png"),
    Asset("xstatic.pkg.leaflet", "data/images/marker-icon-2x.png", "leaflet/images/marker-icon-2x.png"),
    Asset("xstatic.pkg.leaflet", "data/images/marker-shadow.png", "leaflet/images/marker-shadow.png"),
    Asset("renovation.ui.map", "shapes.js", "renovation/shapes.js"),
)


def _differs(asset: Asset, vendor: Path) -> bool:
    target = vendor / asset.target
    return not target.is_file() or _digest(target) != _digest(asset.origin())


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def missing_assets(vendor: Path = VENDOR) -> tuple[str, ...]:
    """Return the files that are absent or older than the installed packages."""
    return tuple(asset.target for asset in ASSETS if _differs(asset, vendor))


def prepare_assets(vendor: Path = VENDOR) -> int:
    """Copy what is missing or has changed; return how many files were copied."""
    copied = 0
    for asset in ASSETS:
        if _differs(asset, vendor):
            target = vendor / asset.target
            target.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and moved, so that a browser never reads half a script.
            scratch = target.with_suffix(f"{target.suffix}.{os.getpid()}.new")
            shutil.copyfile(asset.origin(), scratch)
            scratch.replace(target)
            copied += 1
    return copied


if __name__ == "__main__":
    prepare_assets()
