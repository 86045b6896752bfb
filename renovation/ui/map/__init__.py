"""Maps that never leave this machine: layers in, clicks with ids out.

Pages build layers and call :func:`draw_map` or :func:`pick_point`; folium, streamlit-folium and Leaflet are known
here only.
"""

from renovation.ui.map.draw import HEIGHT, draw_map, forget_point, pick_point
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

__all__ = [
    "BASE_BOUNDARY",
    "BASE_BUILDING",
    "BASE_ROAD",
    "HEIGHT",
    "LineLayer",
    "MapEvent",
    "MapLayer",
    "Mark",
    "PointLayer",
    "PolygonLayer",
    "Style",
    "draw_map",
    "forget_point",
    "html_text",
    "pick_point",
]
