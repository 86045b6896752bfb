"""A page on which a person draws an outline, for the browser tests of the map."""

import streamlit as st
from shapely import box

from renovation.ui.map import BASE_BOUNDARY, PolygonLayer, edit_outline

ground = PolygonLayer(
    name="ground", ids=["g"], geometries=[box(114.3, 23.0, 114.5, 23.2)], styles={"": BASE_BOUNDARY}, selectable=False
)
found = edit_outline([ground], key="outline")
st.text(f"area={None if found is None else [round(value, 2) for value in found.bounds]}")
