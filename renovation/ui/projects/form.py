"""The form of a project: a catalogue item, a quantity, the demands it answers, and what it costs as one types."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.demands import DemandFilter
from renovation.model.intake import DemandRow
from renovation.model.items import Item
from renovation.model.money import fen_in, yuan
from renovation.model.projects import Project, ProjectDraft
from renovation.model.scope import Scope
from renovation.rules.demands.contacts import masked
from renovation.rules.money.pricing import CostRange
from renovation.services.demands import demands
from renovation.services.projects import items, projects
from renovation.services.projects.projects import may_join_project
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.contacts import warn_of_contacts
from renovation.ui.frame.state import store
from renovation.ui.map import forget_drawing
from renovation.ui.projects import projects as widgets
from renovation.ui.projects.drawing import drawing_field, quantity_field
from renovation.ui.words import label, language, say, told


def _key(name: str) -> str:
    """Name a field of this very form: another project or another set of demands begins with fresh fields."""
    begun = ",".join(map(str, widgets.beginning_demands()))
    return f"project_form.{widgets.editing_id() or 'new'}.{begun}.{name}"


def project_form(actor: Actor) -> None:
    """Draw the form and keep what it says."""
    with refusals() as refused:
        old = projects.get_project(store(), actor, editing) if (editing := widgets.editing_id()) is not None else None
        begun = [demands.demand_file(store(), actor, one).demand for one in widgets.beginning_demands()]
    if refused.error is not None:
        widgets.leave_form()
        return
    catalogue = items.catalogue(store(), actor)
    left, right = st.columns([3, 2], gap="large")
    with left:
        estate_id = _estate(actor, old, begun[0].estate_id if begun else None)
        item = _item(catalogue, old)
        geometry = drawing_field(actor, item, estate_id, old.geometry if old else None, _key("drawing"))
        quantity = quantity_field(item, geometry, float(old.quantity) if old else 0.0, _key("quantity"))
        name, why, description, upkeep, upkeep_by = _words(item, old, [one.text for one in begun])
        chosen = _demands(actor, estate_id, old, [one.id for one in begun])
    with right:
        cost = _cost(actor, item, quantity)
        _choices(actor, estate_id, item)
        if item is None or estate_id is None or cost is None:
            st.caption(say("project.form.first"))
            return
        save, back = st.columns(2)
        back.button(say("project.form.back"), on_click=_leave, width="stretch", key=_key("back"))
        if save.button(
            say("project.form.save"), type="primary", icon=":material/save:", width="stretch", key=_key("save")
        ):
            _save(
                actor,
                old,
                chosen,
                estate_id=estate_id,
                item_code=item.code,
                quantity=Decimal(str(quantity)),
                name=name,
                why=why,
                description=description,
                geometry=geometry,
                upkeep_per_year=fen_in(upkeep),
                upkeep_by=upkeep_by,
            )


def _estate(actor: Actor, old: Project | None, begun: int | None) -> int | None:
    names = {choice.id: choice for choice in demands.estate_choices(store(), actor)}
    first = old.estate_id if old else begun
    if not names:
        st.info(say("demand.form.no_estates"), icon=":material/info:")
        return None
    chosen: int | None = st.selectbox(
        say("demand.field.estate"),
        list(names),
        index=list(names).index(first) if first in names else None,
        format_func=lambda one: (
            f"{names[one].name}（{names[one].street_name}）" if names[one].street_name else names[one].name
        ),
        placeholder=say("demand.form.estate_hint"),
        key=_key("estate"),
    )
    return chosen


def _item(catalogue: Sequence[Item], old: Project | None) -> Item | None:
    by_code = {item.code: item for item in catalogue}
    code = st.selectbox(
        say("project.column.item"),
        list(by_code),
        index=list(by_code).index(old.item_code) if old else None,
        format_func=lambda one: f"{one} {by_code[one].name(language())}",
        placeholder=say("project.form.item_hint"),
        key=_key("item"),
    )
    if code is None:
        return None
    st.caption(widgets.item_class_words(by_code[code]))
    return by_code[code]


def _words(item: Item | None, old: Project | None, said: Sequence[str]) -> tuple[str, str, str, float, str]:
    name = st.text_input(
        say("project.column.name"),
        value=old.name if old else "",
        max_chars=80,
        placeholder=item.name(language()) if item else "",
        key=_key("name"),
    )
    why = st.text_input(
        say("project.column.why"),
        value=old.why if old else (masked(said[0]) if said else ""),
        max_chars=200,
        key=_key("why"),
    )
    with st.expander(say("project.form.more")):
        description = st.text_area(
            say("project.column.description"), value=old.description if old else "", max_chars=2000, key=_key("text")
        )
        warn_of_contacts(f"{why}\n{description}")
        upkeep = st.number_input(
            say("project.column.upkeep"),
            min_value=0.0,
            max_value=1e9,
            value=float(yuan(old.upkeep_per_year)) if old else 0.0,
            step=100.0,
            key=_key("upkeep"),
        )
        upkeep_by = st.text_input(
            say("project.column.upkeep_by"), value=old.upkeep_by if old else "", max_chars=80, key=_key("upkeep_by")
        )
    return name, why, description, upkeep, upkeep_by


def _demands(actor: Actor, estate_id: int | None, old: Project | None, begun: Sequence[int]) -> list[int]:
    """Let the planner tick the demands of the estate that this project answers."""
    if estate_id is None:
        return []
    rows = {row.demand.id: row for row in demands.list_demands(store(), actor, DemandFilter(scope=_only(estate_id)))}
    linked = [*(old.demand_ids if old else ()), *begun]
    options = [key for key, row in rows.items() if key in linked or may_join_project(row.demand.status)]
    chosen: list[int] = st.multiselect(
        say("project.form.demands"),
        options,
        default=[key for key in linked if key in options],
        format_func=lambda key: _demand_words(rows[key]),
        placeholder=say("project.form.demands_hint"),
        key=_key(f"demands.{estate_id}"),
        select_all=False,
    )
    return [*chosen, *(key for key in linked if key not in rows)]


def _only(estate_id: int) -> Scope:
    return Scope(estate_id=estate_id)


def _demand_words(row: DemandRow) -> str:
    return f"{label('enum.DemandCategory', row.demand.category)} · {row.building_name} {row.demand.text}"


def _cost(actor: Actor, item: Item | None, quantity: float) -> CostRange | None:
    """Show what the quantity costs, low, likely and high, and whether the price is an assumption."""
    if item is None:
        return None
    with st.container(border=True):
        st.caption(say("project.form.cost"))
        with refusals() as refused:
            cost = items.price_project(store(), actor, item.code, str(quantity))
        if refused.error is not None:
            return None
        st.markdown(f"## {say('project.wan', cost=cost.likely)}")
        st.markdown(told("project.form.range_yuan", low=cost.low, likely=cost.likely, high=cost.high))
        entry = items.price_book(store(), actor).by_code[item.code]
        st.caption(told("project.form.unit_price", low=entry.low, high=entry.high, unit=item.unit))
        if cost.assumed:
            st.warning(say("price.assumed"), icon=":material/help:")
    return cost if cost.likely > 0 else None


def _choices(actor: Actor, estate_id: int | None, item: Item | None) -> None:
    """Show what has to come first, and what asks for a choice, among the estate's projects."""
    if item is None or estate_id is None:
        return
    names = widgets.item_names(actor)
    orders, pairs = projects.choices_in_estate(store(), actor, estate_id, with_item=item.code)
    for rule in orders:
        st.info(
            told("choice.order", first=names[rule.first], then=names[rule.then]), icon=":material/format_list_numbered:"
        )
    for pair in pairs:
        st.warning(
            told("choice.conflict", one=names[pair.one], other=names[pair.other]), icon=":material/compare_arrows:"
        )


def _leave(project_id: int | None = None) -> None:
    forget_drawing(_key("drawing"))
    widgets.leave_form(project_id)


def _save(actor: Actor, old: Project | None, chosen: Sequence[int], **fields: object) -> None:
    with refusals():
        draft: ProjectDraft = projects.draft_from_item(store(), actor, **fields)  # type: ignore[arg-type]
        if old is None:
            kept = projects.create_project(store(), actor, draft, chosen)
        else:
            kept = projects.edit_project(store(), actor, old.id, old.version, draft, chosen)
        _leave(kept.id)
        done(told("project.form.kept", code=kept.code, cost=kept.cost))
