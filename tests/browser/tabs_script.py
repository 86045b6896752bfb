"""A page whose map stands in a tab that is not open at first, for the browser tests of the map."""

import streamlit as st
from shapely import box

from renovation.ui.map import PolygonLayer, draw_map

first, second = st.tabs(["list", "map"])
first.text("nothing")
with second:
    draw_map([PolygonLayer(name="e", ids=["a"], geometries=[box(114.4, 23.1, 114.402, 23.102)])], key="tab")
