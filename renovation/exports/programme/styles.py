"""QGIS styles for the layers of a programme: one colour per class of works, with the number from the list beside it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from renovation.model.items import ItemClass

#: The same colours as on the printed maps.
CLASS_COLOURS: Mapping[ItemClass | None, str] = {
    ItemClass.BASIC: "#B3261E",
    ItemClass.IMPROVEMENT: "#0F6FB5",
    ItemClass.ENHANCEMENT: "#2E7D32",
    None: "#5F6B73",
}
_SYMBOLS = {"point": "marker", "line": "line", "polygon": "fill"}


def _rgba(colour: str, opacity: int = 255) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + f",{opacity}"


def _symbol(kind: str, number: int, colour: str) -> str:
    layer, options = {
        "point": (
            "SimpleMarker",
            {"color": _rgba(colour), "name": "circle", "size": "3.2", "outline_color": "255,255,255,255"},
        ),
        "line": ("SimpleLine", {"line_color": _rgba(colour), "line_width": "0.9", "line_width_unit": "MM"}),
        "polygon": (
            "SimpleFill",
            {"color": _rgba(colour, 110), "outline_color": _rgba(colour), "outline_width": "0.5", "style": "solid"},
        ),
    }[kind]
    said = "".join(f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items())
    return (
        f'<symbol type="{_SYMBOLS[kind]}" name="{number}" alpha="1" clip_to_extent="1">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{said}</Option></layer></symbol>'
    )


def layer_style(kind: str, *, class_field: str, classes: Mapping[str, str], label_field: str) -> str:
    """Return a QGIS layer style (QML): categories by a column, labels from another.

    Parameters
    ----------
    kind
        ``point``, ``line`` or ``polygon``.
    classes
        Value of the column → colour as ``#RRGGBB``.
    """
    categories = "".join(
        f'<category value={quoteattr(value)} label={quoteattr(value or "—")} symbol="{number}" render="true"/>'
        for number, value in enumerate(classes)
    )
    symbols = "".join(_symbol(kind, number, colour) for number, colour in enumerate(classes.values()))
    label = quoteattr(label_field)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28" styleCategories="Symbology|Labeling" labelsEnabled="1">'
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(class_field)} symbollevels="0" enableorderby="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
        f'<labeling type="simple"><settings><text-style fieldName={label} isExpression="0" fontSize="9" '
        'fontSizeUnit="Point" textColor="0,0,0,255"><text-buffer bufferDraw="1" bufferSize="0.8" '
        'bufferColor="255,255,255,255" bufferSizeUnits="MM"/></text-style></settings></labeling></qgis>'
    )
