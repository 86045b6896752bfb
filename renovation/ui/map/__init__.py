"""Maps that never leave this machine: layers in, clicks with ids out.

Pages build layers and call :func:`draw_map`, :func:`draw_shapes` or :func:`edit_outline`; folium,
streamlit-folium and Leaflet are known here only.
"""

from renovation.ui.map.draw import HEIGHT, draw_map
from renovation.ui.map.drawing import Drawing, draw_shapes, drawing_of, forget_drawing
from renovation.ui.map.escape import html_text
from renovation.ui.map.layers import (
    BASE_BOUNDARY,
    BASE_BUILDING,
    BASE_ROAD,
    LineLayer,
    MapEvent,
    MapLayer,
    Mark,
    PointLayer,
    PolygonLayer,
    Style,
)
from renovation.ui.map.outline import edit_outline

__all__ = [
    "BASE_BOUNDARY",
    "BASE_BUILDING",
    "BASE_ROAD",
    "HEIGHT",
    "Drawing",
    "LineLayer",
    "MapEvent",
    "MapLayer",
    "Mark",
    "PointLayer",
    "PolygonLayer",
    "Style",
    "draw_map",
    "draw_shapes",
    "drawing_of",
    "edit_outline",
    "forget_drawing",
    "html_text",
]
