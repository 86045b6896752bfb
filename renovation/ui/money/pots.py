"""Pots of money on screen: what each may pay for, what is used and left, and the rules by which they match."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.funding import MatchingRule, Pot, SourceKind
from renovation.model.items import ItemClass
from renovation.model.money import fen_in, yuan
from renovation.model.places import AreaLevel
from renovation.rules.money.books import PotAccount, sum_of_pots
from renovation.services.money import pots as pots_service
from renovation.services.projects import items
from renovation.services.register import places
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import BAR, COUNT, grid
from renovation.ui.frame.state import store
from renovation.ui.money.money_table import money_table
from renovation.ui.words import aside, language, listed, say, told

_LEVELS = tuple(kind for kind in SourceKind if kind not in (SourceKind.RESIDENTS, SourceKind.IN_KIND))
_RAISED = (SourceKind.RESIDENTS, SourceKind.CHARITY, SourceKind.PRIVATE, SourceKind.COMMON_INCOME)

#: With fewer pots the form for another stands open.
_FEW = 3
#: A column of sums shows the longest whole: the grid takes its width from few lines.
_SUM = partial(COUNT, width=104)


def kind_name(kind: SourceKind) -> str:
    """Return what people call a source of money."""
    return say(f"source_kind.{kind.value}")


def pots_section(actor: Actor) -> None:
    """Show the pots of a year; the one chosen can be changed below."""
    everything = pots_service.pot_accounts(store(), actor)
    years = sorted({one.pot.year for one in everything}, reverse=True)
    which, how = st.columns([3, 2], vertical_alignment="center")
    if may(actor, Action.EDIT_POTS) and how.toggle(
        say("money.as_table"), begun(actor, "money_table.pots"), key="money.as_table.pots"
    ):
        money_table(actor, "pots")
        return
    year = which.segmented_control(
        say("money.year"), years, default=years[0] if years else None, key="money.year", label_visibility="collapsed"
    )
    accounts = [one for one in everything if year in (None, one.pot.year)]
    chosen = _table(accounts) if accounts else None
    if not accounts:
        st.info(say("money.no_pots" if may(actor, Action.EDIT_POTS) else "shell.none_yet"), icon=":material/savings:")
    if not may(actor, Action.EDIT_POTS):
        return
    name = f"money.pot.{chosen.pot.id if chosen else 'new'}"
    left, right = st.columns(2, gap="large")
    with left:
        if chosen is not None:
            pot_form(actor, chosen)
        else:
            # Who has just begun adds one after the other.
            few = len(everything) < _FEW
            with st.expander(say("money.new_pot"), icon=":material/add:", expanded=few or begun(actor, name)):
                pot_form(actor, None)
    with right:
        _rules(actor, [one.pot for one in everything])


def _table(accounts: Sequence[PotAccount]) -> PotAccount | None:
    sums_of = sum_of_pots(accounts)
    words = told("money.pots_sum", count=len(accounts), **sums_of)
    st.markdown(words + (told("money.pots_carried", carried=sums_of["carried"]) if sums_of["carried"] else ""))
    sums = ("programme", "besides", "matched", "paid", "free")
    picked = grid(
        {
            "name": [one.pot.name for one in accounts],
            "level": [kind_name(one.pot.level) for one in accounts],
            "amount": [float(yuan(one.pot.amount)) for one in accounts],
            **({"carried": [float(yuan(one.pot.carried)) for one in accounts]} if sums_of["carried"] else {}),
            **{name: [float(yuan(getattr(one, name))) for one in accounts] for name in sums},
            "used": [round(100 * one.share_used) for one in accounts],
            "projects": [one.projects for one in accounts],
            "may_pay": [may_pay(one.pot) for one in accounts],
            "owner": [one.pot.owner for one in accounts],
            "purpose": [one.pot.purpose for one in accounts],
        },
        words="money.column",
        kinds={**dict.fromkeys(("amount", "carried", *sums), _SUM), "used": BAR, "projects": COUNT},
        pinned=["name"],
        ids=[one.pot.id for one in accounts],
        pick="one",
        tall=500,
        key="pots",
    )
    over = [one.pot.name for one in accounts if one.free < 0]
    if over:
        st.warning(told("money.overdrawn", names=listed(over)), icon=":material/warning:")
    return accounts[picked[0]] if picked else None


def may_pay(pot: Pot) -> str:
    """Say in a few words what a pot may pay for."""
    parts = [say(f"item_class.{kind.value}") for kind in ItemClass if kind in pot.classes]
    parts += sorted(pot.areas)
    if pot.items:
        parts.append(say("money.items_only", codes=listed(sorted(pot.items))))
    if pot.project_cap is not None:
        parts.append(say("money.cap", cap=pot.project_cap))
    return listed(parts, clauses=True) or say("money.anything")


def pot_form(actor: Actor, chosen: PotAccount | None) -> None:
    """Let somebody make a pot, or change the one chosen."""
    pot = chosen.pot if chosen else None
    catalogue = {item.code: item.name(language()) for item in items.catalogue(store(), actor)}
    areas = [
        area.name
        for level in (AreaLevel.COUNTY, AreaLevel.STREET)
        for area in places.list_areas(store(), actor, level=level)
    ]
    with draft(actor, f"money.pot.{pot.id if pot else 'new'}", base=pot, border=pot is not None) as form:
        if pot:
            st.markdown(f"**{told('money.change_pot', name=pot.name)}**")
            if pot.carried:
                st.caption(say("money.pot_carried", carried=pot.carried))
        name = st.text_input(say("money.column.name"), max_chars=80, **form.field("name", pot.name if pot else ""))
        one, two, three = st.columns([3, 4, 3])
        year = one.number_input(
            say("money.year"), 2000, 2100, **form.field("year", pot.year if pot else today().year + 1)
        )
        level = two.selectbox(
            say("money.column.level"),
            _LEVELS,
            format_func=kind_name,
            **form.field("level", pot.level if pot and pot.level in _LEVELS else SourceKind.DISTRICT),
        )
        amount = three.number_input(
            say("money.column.amount"),
            0.0,
            1e11,
            step=100_000.0,
            format="%.2f",
            **form.field("amount", float(yuan(pot.amount)) if pot else 0.0),
        )
        classes = st.pills(
            say("money.classes"),
            list(ItemClass),
            selection_mode="multi",
            format_func=lambda kind: say(f"item_class.{kind.value}"),
            help=say("money.empty_is_any"),
            **form.field("classes", [kind for kind in ItemClass if pot and kind in pot.classes]),
        )
        known_areas = list(dict.fromkeys([*areas, *(pot.areas if pot else ())]))
        where = st.multiselect(
            say("money.areas"),
            known_areas,
            placeholder=say("money.anywhere"),
            select_all=False,
            **form.field("areas", sorted(pot.areas) if pot else [], among=known_areas),
        )
        with st.expander(say("money.more")):
            owner = st.text_input(
                say("money.column.owner"), max_chars=80, **form.field("owner", pot.owner if pot else "")
            )
            purpose = st.text_input(
                say("money.column.purpose"), max_chars=200, **form.field("purpose", pot.purpose if pot else "")
            )
            codes = st.multiselect(
                say("money.items"),
                list(catalogue),
                format_func=lambda code: f"{code} {catalogue[code]}",
                placeholder=say("money.any_item"),
                select_all=False,
                **form.field(
                    "items", sorted(code for code in pot.items if code in catalogue) if pot else [], among=catalogue
                ),
            )
            cap = st.number_input(
                say("money.project_cap"),
                0.0,
                1e10,
                help=say("money.cap_none"),
                **form.field("cap", float(yuan(pot.project_cap)) if pot and pot.project_cap is not None else 0.0),
            )
        go, away = st.columns(2)
        save = go.button(
            say("money.save_pot"), type="primary", icon=":material/save:", width="stretch", key=form.key("save")
        )
        remove = pot is not None and away.button(
            say("money.remove_pot"), icon=":material/delete:", width="stretch", key=form.key("remove")
        )
    with form.saving():
        if save:
            kept = Pot(
                id=pot.id if pot else "",
                name=name,
                year=int(year),
                amount=fen_in(amount),
                level=level,
                owner=owner,
                purpose=purpose,
                classes=frozenset(classes or ()),
                items=frozenset(codes),
                areas=frozenset(where),
                project_cap=fen_in(cap) or None,
            )
            pots_service.keep_pot(store(), actor, kept, form.base.version if pot else None)
            form.done(told("money.pot_saved", name=kept.name))
        if remove and pot is not None:
            pots_service.remove_pot(store(), actor, int(pot.id))
            form.done(told("money.pot_removed", name=pot.name))


def _rules(actor: Actor, pots: Sequence[Pot]) -> None:
    """List the matching rules, and add one."""
    names = {pot.id: aside(pot.name, pot.year) for pot in pots}
    rules = pots_service.matching_rules(store(), actor)
    st.markdown(f"**{say('money.rules')}**")
    for rule in rules:
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.markdown(
            told(
                "money.rule",
                name=rule.name,
                kinds=listed(kind_name(kind) for kind in _RAISED if kind in rule.kinds),
                ratio=rule.ratio,
                cap=rule.cap,
                minimum=rule.minimum,
                pot=names.get(rule.pot or "", say("money.no_pot")),
            )
        )
        if button.button(say("money.remove"), key=f"money.rule.{rule.id}", width="content"):
            with refusals():
                pots_service.remove_matching_rule(store(), actor, int(rule.id))
                done(told("money.rule_removed", name=rule.name))
    if not rules:
        st.caption(say("money.no_rules"))
    with (
        st.expander(say("money.new_rule"), expanded=begun(actor, "money.rule.new")),
        draft(actor, "money.rule.new") as form,
    ):
        name = st.text_input(say("money.rule_name"), max_chars=80, **form.field("name", ""))
        pot = st.selectbox(
            say("money.rule_pot"),
            [None, *names],
            format_func=lambda one: names[one] if one else say("money.no_pot"),
            placeholder=say("money.no_pot"),
            **form.field("pot", among=[None, *names]),
        )
        kinds = st.pills(
            say("money.rule_kinds"),
            _RAISED,
            selection_mode="multi",
            format_func=kind_name,
            **form.field("kinds", [SourceKind.RESIDENTS]),
        )
        one, two, three = st.columns(3)
        ratio = one.number_input(say("money.rule_ratio"), 0.0, 100.0, step=0.5, **form.field("ratio", 1.0))
        cap = two.number_input(say("money.rule_cap"), 0.0, 1e10, **form.field("cap", 100_000.0))
        minimum = three.number_input(say("money.rule_minimum"), 0.0, 1e9, step=500.0, **form.field("minimum", 0.0))
        counts = st.checkbox(say("money.rule_counts"), **form.field("counts", False))
        if st.button(say("money.save_rule"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                pots_service.add_matching_rule(
                    store(),
                    actor,
                    MatchingRule(
                        id="",
                        name=name,
                        ratio=Fraction(Decimal(str(ratio))),
                        cap=fen_in(cap),
                        kinds=frozenset(kinds or ()),
                        minimum=fen_in(minimum),
                        counts_pledges=counts,
                        pot=pot,
                    ),
                )
                form.done(told("money.rule_saved", name=name))
