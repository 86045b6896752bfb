"""What a heading says: its name, and the unit and the datum of what stands below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from renovation.imports.files.results import UnreadableError
from renovation.imports.files.sheets import Value
from renovation.imports.files.values import units
from renovation.imports.files.values.values import words
from renovation.model.names import fold

_BRACKETS = re.compile(r"[(\[【〔（](?P<unit>[^()\[\]【】〔〕（）]*)[)\]】〕）]")
_DATUMS = {
    "wgs84": "wgs84",
    "wgs-84": "wgs84",
    "gps": "wgs84",
    "cgcs2000": "cgcs2000",
    "国家2000": "cgcs2000",
    "2000": "cgcs2000",
    "gcj02": "gcj02",
    "gcj-02": "gcj02",
    "火星": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "bd09": "bd09",
    "bd-09": "bd09",
    "百度": "bd09",
}
#: Words by which headings name a datum, known here or not.
_DATUM_LIKE = re.compile(r"坐标系|独立|地方|城建|城市|本地|北京|西安|新疆|54|80|xi.?an|beijing|utm|nad|epsg")


@dataclass(frozen=True, slots=True)
class ReadHeading:
    """A heading taken apart: its name as compared, the unit and the datum it mentions, and what else stands by it."""

    shown: str
    name: str
    unit: str
    datum: str | None
    aside: str = ""


def taken_apart(value: Value, known: Mapping[str, str], group: str = "") -> ReadHeading:
    """Take a heading apart; what its group says of units and datum holds for it too."""
    try:
        shown, _ = words(value, longest=500)
    except UnreadableError:
        return ReadHeading("", "", "", None)
    folded = fold(shown)
    above = fold(group)
    unit = next((said for text in (folded, above) if (said := _in_brackets(text))), "")
    aside = f"{_in_brackets(folded)}{above}"
    name = _BRACKETS.sub("", folded).strip("*:：")
    datum = next((d for text in (folded, above) for label, d in _DATUMS.items() if label in text), None)
    # Groups are named before a heading only where two would be called alike.
    name = name.rpartition("·")[2] or name
    for label in _DATUMS:
        if datum and name != label:
            name = name.replace(label, "").strip("_-")
    if folded in known:
        # A column asked for by its heading as it stands, unit and all.
        name = folded
    if name not in known and (parts := units.behind(name)) is not None and parts[0] in known:
        name, unit = parts
    return ReadHeading(shown, name, unit, datum, aside)


def _in_brackets(text: str) -> str:
    return "".join(m.group("unit") for m in _BRACKETS.finditer(text))


def may_be(named: str | None, stated: str | None) -> bool:
    """Tell whether a column whose heading names a datum may hold coordinates of the stated one."""
    return None in (named, stated) or named == stated or {named, stated} == {"wgs84", "cgcs2000"}


def strange_datum(heading: ReadHeading) -> str:
    """Return what a heading of coordinates says in brackets or above that names a datum nobody here knows."""
    said = heading.aside
    return said if heading.datum is None and _DATUM_LIKE.search(said) else ""
