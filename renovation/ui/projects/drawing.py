"""Where a project lies: drawn in its form, and shown on the projects' map."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import shapely
import streamlit as st

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.model.items import GeometryKind, Item, Measure
from renovation.model.projects import ProjectRow
from renovation.services.projects.drawings import drawn_quantity
from renovation.services.register import estates
from renovation.text.units import unit_label
from renovation.ui.frame.drafts import Draft
from renovation.ui.frame.state import store
from renovation.ui.map import LineLayer, MapLayer, PolygonLayer, Style, draw_shapes
from renovation.ui.map.base import base_layers, outline_of
from renovation.ui.words import language, say, told

_ESTATE = Style(fill="#FFFFFF", line="#6B767C", line_width=1.6, opacity=0, dashed=True)
_SHAPE = Style(fill="#7A3E9D", line="#7A3E9D", line_width=2.5, opacity=0.25)


def drawing_field(
    actor: Actor, form: Draft, item: Item | None, estate_id: int | None, stored: bytes | None
) -> bytes | None:
    """Let the person draw the project on its estate; return what is drawn as WKB (EPSG:4490)."""
    if item is None or estate_id is None:
        return stored
    layers: list[MapLayer] = base_layers(built=[estate_id])
    try:
        outline = outline_of(estates.get_estate(store(), actor, estate_id).geometry)
    except RenovationError:
        outline = None
    if outline is not None:
        layers.append(
            PolygonLayer(name="estate", ids=["estate"], geometries=[outline], styles={"": _ESTATE}, selectable=False)
        )
    st.markdown(say("project.form.drawing"))
    drawing = draw_shapes(
        layers,
        key=form.key(f"map.{estate_id}"),
        kind=item.geometry.value,
        held=form.get(f"shape.{estate_id}"),
        keep=lambda drawing: form.put(f"shape.{estate_id}", drawing),
        geometry=stored,
        fit=("estate", "parts") if outline is not None else None,
        view=str(estate_id),
        height=320,
    )
    geometry = drawing.geometry()
    return None if geometry is None else bytes(shapely.to_wkb(geometry))


def quantity_field(form: Draft, item: Item | None, geometry: bytes | None, first: float) -> float:
    """Ask for the quantity; what is measured on the map fills it in until the person types another figure."""
    measured = None if item is None else drawn_quantity(item, geometry)
    seen: Decimal | None = form.get("measured")
    stands = form.get("quantity", first)
    # A figure that differs from what was measured last has been typed, or stood so in the store, and stays.
    untouched = not stands or (measured != seen and seen is not None and stands == float(seen))
    if untouched and measured is not None:
        form.put("quantity", float(measured), by_hand=False)
    form.put("measured", measured, by_hand=False)
    words = say("project.column.quantity")
    if item is not None:
        words = told("project.form.quantity", unit=unit_label(item.unit, language(), many=True))
    quantity = float(
        st.number_input(words, min_value=0.0, max_value=1e9, step=1.0, format="%.2f", **form.field("quantity", first))
    )
    if item is not None and measured is not None:
        _compare(form, item, measured, quantity)
    return quantity


def _compare(form: Draft, item: Item, measured: Decimal, quantity: float) -> None:
    # An area says how large the works are, not how many pieces stand on it.
    words_of = "counted" if item.geometry is GeometryKind.POLYGON and item.measure is Measure.COUNT else "measured"
    shown = f"{measured:,.2f}".rstrip("0").rstrip(".")
    unit = unit_label(item.unit, language(), many=words_of == "measured" and measured != 1)
    said = told(f"project.form.{words_of}", quantity=shown, unit=unit)
    if quantity == float(measured):
        st.caption(f":material/straighten: {said}")
        return
    words, take = st.columns([3, 2], vertical_alignment="center")
    words.caption(f":material/straighten: {said}")
    take.button(
        say("project.form.take_measured"),
        key=form.key("take"),
        on_click=lambda: form.put("quantity", float(measured)),
        width="stretch",
    )


def shape_layers(rows: Sequence[ProjectRow]) -> list[MapLayer]:
    """Return the lines and areas that projects were drawn with, to lie below their marks."""
    drawn = [(str(row.project.id), row.project.geometry) for row in rows if row.project.geometry is not None]
    by_dimension: dict[int, list[tuple[str, bytes]]] = {1: [], 2: []}
    for one, geometry in drawn:
        by_dimension.setdefault(int(shapely.get_dimensions(shapely.from_wkb(geometry))), []).append((one, geometry))
    layers: list[MapLayer] = []
    for kind, name, found in (
        (PolygonLayer, "project_areas", by_dimension[2]),
        (LineLayer, "project_lines", by_dimension[1]),
    ):
        if found:
            layers.append(
                kind(
                    name=name,
                    ids=[one for one, _ in found],
                    geometries=[geometry for _, geometry in found],
                    styles={"": _SHAPE},
                    selectable=False,
                )
            )
    return layers
