"""A page with nothing but a map, for the browser tests of the map."""

import streamlit as st
from shapely import box

from renovation.ui.map import BASE_BOUNDARY, MapEvent, Mark, PointLayer, PolygonLayer, Style, draw_map

HOSTILE = [
    "<img src=x onerror=top.pwned=1>",
    "`);top.pwned=1;//",
    "${top.pwned=1}",
    "</script><script>top.pwned=1</script>",
    "{{'map_div'}}",
    "\\`\\${top.pwned=1}'\"",
]


def keep(event: MapEvent) -> None:
    st.session_state["selected"] = event.id


if st.button("change"):
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
turn = st.session_state.get("turn", 0)
event = draw_map(
    [
        PolygonLayer(
            name="districts",
            ids=["d"],
            geometries=[box(114.3, 23.0, 114.5, 23.2)],
            styles={"": BASE_BOUNDARY},
            labels=["惠城区"],
            selectable=False,
        ),
        PolygonLayer(
            name="estates",
            ids=[f"estate-{i}" for i in range(6)],
            geometries=[box(114.35 + i * 0.02, 23.05, 114.365 + i * 0.02, 23.08) for i in range(6)],
            tooltips=[f"小区{i}{word}" for i, word in enumerate(HOSTILE)],
            labels=HOSTILE,
            classes=["ab"[(i + turn) % 2] for i in range(6)],
            styles={"a": Style(words="旧" + HOSTILE[0], fill="#B3261E"), "b": Style(words="新" + HOSTILE[2])},
        ),
        PointLayer(
            name="demands",
            ids=[f"demand-{i}" for i in range(300)],
            lons=[114.36 + (i % 20) * 0.0001 for i in range(300)],
            lats=[23.15 + i // 20 * 0.0001 for i in range(300)],
            cluster=True,
            styles={"": Style(words="诉求", mark=Mark.SQUARE)},
        ),
    ],
    key="map",
    selected=st.session_state.get("selected"),
    on_click=keep,
)
st.text(f"turn={turn}")
st.text(f"selected={st.session_state.get('selected')}")
st.text(f"event={event}")
