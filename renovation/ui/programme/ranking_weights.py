"""The left side of a ranking: weights by slider or pairwise comparison, criteria, method, who goes first for safety."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.ranking import (
    MAX_NAME,
    Criterion,
    Direction,
    Method,
    MissingPolicy,
    Normalisation,
    SavedWeighting,
    Subject,
    Weighting,
)
from renovation.rules.programme.pairwise import LARGEST_JUDGEMENT, PairwiseWeights, weights_from_pairs
from renovation.rules.programme.ranking import largest_cut, usual_cut
from renovation.services.programme import ranking
from renovation.services.programme.ranking_figures import RankingBasis
from renovation.text.units import unit_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import Draft, draft, forget_draft
from renovation.ui.frame.grid import TENTHS, grid
from renovation.ui.frame.state import store
from renovation.ui.words import language, plain, say, told

#: Twenty-one judgements are as many as a meeting sits through.
_MOST_PAIRED = 7
_EXAMPLE, _SAVED = "example:", "saved:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What stands on the left side now."""

    criteria: tuple[Criterion, ...]
    weighting: Weighting
    method: Method
    missing: MissingPolicy
    cut: int
    bypass: frozenset[str]

    def saved(self, name: str, subject: Subject) -> SavedWeighting:
        """Return the same under a name."""
        return SavedWeighting(
            name=name,
            subject=subject,
            criteria=self.criteria,
            weighting=self.weighting,
            method=self.method,
            missing=self.missing,
            cut=self.cut,
            bypass=self.bypass,
        )


def _key(subject: Subject, *parts: str) -> str:
    return ".".join(("rank", subject.value, *parts))


def kept_settings(actor: Actor, basis: RankingBasis) -> Callable[[], None]:
    """Begin with what was set before, and return what keeps the settings as they are whenever it is called."""
    subject = basis.subject
    with draft(actor, f"rank.{subject.value}", on_forget=lambda _: _forget(subject)) as form:
        _keep(form, subject, basis)
    return partial(_keep, form, subject, basis)


def begin(actor: Actor, basis: RankingBasis) -> None:
    """Draw what stands above the weights: where they begin, the cut line, method and gaps, and keeping them."""
    subject = basis.subject
    saved = {one.name: one for one in ranking.weightings(store(), actor, subject)}
    first, second, third, fourth = st.columns([3, 2, 3, 3], vertical_alignment="bottom")
    with first:
        _begin(basis, saved)
    second.number_input(
        say("page_ranking.cut"),
        min_value=1,
        max_value=largest_cut(len(basis.alternatives)),
        step=1,
        key=_key(subject, "cut"),
    )
    with third.popover(say("page_ranking.method_title"), icon=":material/tune:", width="stretch"):
        st.segmented_control(
            say("page_ranking.method"),
            list(Method),
            format_func=lambda one: say(f"ranking_method.{one.value}"),
            key=_key(subject, "method"),
            required=True,
        )
        st.selectbox(
            say("page_ranking.missing"),
            list(MissingPolicy),
            format_func=lambda one: say(f"missing_policy.{one.value}"),
            key=_key(subject, "missing"),
        )
        names = {one.id: f"{one.id} {one.estate} {one.name}" for one in basis.alternatives}
        st.multiselect(
            say("page_ranking.bypass"),
            list(names),
            format_func=lambda one: names.get(one, one),
            key=_key(subject, "bypass"),
            placeholder=say("page_ranking.bypass_none"),
            help=say("page_ranking.bypass_help"),
            select_all=False,
        )
    chosen = chosen_now(basis)
    if chosen is not None and may(actor, Action.SET_CRITERIA):
        with fourth:
            save_form(actor, subject, chosen)


def _settings_of(subject: Subject) -> dict[str, Any]:
    """Return what is set and not saved, by its key."""
    parts = tuple(_key(subject, part) for part in ("cut", "method", "missing", "bypass", "criteria", "w", "judged"))
    own = {key: value for key, value in st.session_state.items() if str(key) in parts}
    weights = {key: value for key, value in st.session_state.items() if str(key).startswith(_key(subject, "w."))}
    return {str(key): copy(value) for key, value in (own | weights).items()}


def _forget(subject: Subject) -> None:
    for key in _settings_of(subject):
        del st.session_state[key]


def _keep(form: Draft, subject: Subject, basis: RankingBasis) -> None:
    """Keep what is set while other pages, or the list, are looked at, and begin with it again."""
    for key, value in form.get("set", {}).items():
        st.session_state.setdefault(key, value)
    _first(basis)
    now = _settings_of(subject)
    if now != form.get("set"):
        form.put("set", now, by_hand=form.get("set") is not None)


def _first(basis: RankingBasis) -> None:
    """Begin with the example, and keep the cut line within the list."""
    subject = basis.subject
    if _key(subject, "cut") not in st.session_state:
        _put(basis, next(iter(ranking.example_weightings(subject))))
        st.session_state[_key(subject, "cut")] = usual_cut(len(basis.alternatives))
        st.session_state[_key(subject, "method")] = Method.WEIGHTED_SUM
        st.session_state[_key(subject, "missing")] = MissingPolicy.KNOWN_ONLY
        st.session_state[_key(subject, "bypass")] = sorted(basis.urgent)
    elif st.session_state[_key(subject, "cut")] > (most := largest_cut(len(basis.alternatives))):
        st.session_state[_key(subject, "cut")] = most


def chosen_now(basis: RankingBasis) -> Chosen | None:
    """Return what is chosen, before anything of it is drawn; ``None`` while every weight is nought.

    Widgets keep what they hold under their keys, so the answer can be worked out first and drawn in one go.
    """
    subject, state = basis.subject, st.session_state
    criteria = settled(basis)
    weights = {one.code: Fraction(state.get(_key(subject, "w", one.code), 0)) for one in criteria}
    if not any(weights.values()):
        return None
    return Chosen(
        criteria=criteria,
        weighting=Weighting(weights=weights, is_example=_is_example(subject, weights)),
        method=state.get(_key(subject, "method")) or Method.WEIGHTED_SUM,
        missing=state.get(_key(subject, "missing")) or MissingPolicy.KNOWN_ONLY,
        cut=int(state[_key(subject, "cut")]),
        bypass=frozenset(state.get(_key(subject, "bypass"), ())),
    )


def controls(basis: RankingBasis, criteria: Sequence[Criterion], unknown: Mapping[str, int]) -> None:
    """Draw the weights; ``unknown`` is how many lines have no value, by criterion."""
    weights = _sliders(basis, criteria, unknown)
    _pairwise(basis.subject, criteria, weights)
    _criteria_editor(basis, criteria)
    if not any(weights.values()):
        st.warning(say("error.weight.all_zero"), icon=":material/balance:")


def _points(weighting: Weighting) -> dict[str, int]:
    """Return a weighting on the sliders' scale, 0 to 100."""
    return {code: round(share * 100) for code, share in weighting.shares.items()}


def _is_example(subject: Subject, weights: dict[str, Fraction]) -> bool:
    kept = {code: int(weight) for code, weight in weights.items() if weight}
    examples = [_points(one) for one in ranking.example_weightings(subject)]
    return any(kept == {code: weight for code, weight in one.items() if weight} for one in examples)


def _begin(basis: RankingBasis, saved: dict[str, SavedWeighting]) -> None:
    """Offer the weightings to begin with."""
    subject = basis.subject
    examples = {one.name: one for one in ranking.example_weightings(subject)}
    options = [*(_EXAMPLE + name for name in examples), *(_SAVED + name for name in saved)]
    key = _key(subject, "begin")

    def shown(option: str) -> str:
        kind, name = option.split(":", 1)
        return say(f"weighting.{name}") if f"{kind}:" == _EXAMPLE else name

    def load() -> None:
        option = str(st.session_state[key])
        kind, name = option.split(":", 1)
        if f"{kind}:" == _SAVED and name in saved:
            one = saved[name]
            _put(basis, one.weighting)
            st.session_state[_key(subject, "method")] = one.method
            st.session_state[_key(subject, "missing")] = one.missing
            st.session_state[_key(subject, "cut")] = min(one.cut, largest_cut(len(basis.alternatives)))
            known = {line.id for line in basis.alternatives}
            st.session_state[_key(subject, "bypass")] = sorted(one.bypass & known)
            st.session_state[_key(subject, "criteria")] = {kept.code: kept for kept in one.criteria}
        elif name in examples:
            _put(basis, examples[name])

    st.selectbox(say("page_ranking.begin"), options, format_func=shown, key=key, on_change=load)


def _put(basis: RankingBasis, weighting: Weighting) -> None:
    points = _points(weighting)
    for criterion in ranking.criteria_for(basis):
        st.session_state[_key(basis.subject, "w", criterion.code)] = min(100, points.get(criterion.code, 0))


def _sliders(basis: RankingBasis, criteria: Sequence[Criterion], unknown: Mapping[str, int]) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = {}
    with st.container(height=430, border=True):
        for criterion in criteria:
            key = _key(basis.subject, "w", criterion.code)
            # A key that is set and a default that is given would quarrel.
            st.session_state.setdefault(key, 0)
            points = st.slider(
                plain(criterion.name(language())),
                0,
                100,
                key=key,
                help=told(
                    "page_ranking.criterion_help",
                    direction=say(f"direction.{criterion.direction.value}"),
                    source=criterion.source or "—",
                    unknown=unknown.get(criterion.code, 0),
                    count=len(basis.alternatives),
                ),
            )
            weights[criterion.code] = Fraction(points)
    total = int(sum(weights.values()))
    st.caption(told("page_ranking.sum", total=total, count=len(weights)))
    if _is_example(basis.subject, weights):
        st.caption(f":material/info: {say('weighting.example_note')}")
    return weights


def settled(basis: RankingBasis) -> tuple[Criterion, ...]:
    """Return the criteria with what the person changed of them."""
    changed: dict[str, Criterion] = st.session_state.get(_key(basis.subject, "criteria"), {})
    return tuple(
        replace(
            one,
            direction=changed[one.code].direction,
            normalisation=changed[one.code].normalisation,
            target=changed[one.code].target,
        )
        if one.code in changed
        else one
        for one in ranking.criteria_for(basis)
    )


def _criteria_editor(basis: RankingBasis, criteria: Sequence[Criterion]) -> None:
    subject = basis.subject
    part = st.expander(
        say("page_ranking.criteria"), icon=":material/rule:", key=_key(subject, "criteria", "open"), on_change="rerun"
    )
    if not part.open:
        return
    with part:
        st.caption(say("page_ranking.criteria_lead"))
        picked = st.selectbox(
            say("page_ranking.criterion"),
            list(criteria),
            format_func=lambda one: one.name(language()),
            key=_key(subject, "edited"),
        )
        if picked is None:
            return
        direction = st.selectbox(
            say("page_ranking.direction"),
            list(Direction),
            index=list(Direction).index(picked.direction),
            format_func=lambda one: say(f"direction.{one.value}"),
            key=_key(subject, "direction", picked.code),
        )
        normalisation = st.selectbox(
            say("page_ranking.normalisation"),
            list(Normalisation),
            index=list(Normalisation).index(picked.normalisation),
            format_func=lambda one: say(f"normalisation.{one.value}"),
            key=_key(subject, "normalisation", picked.code),
        )
        target = st.number_input(
            told("page_ranking.target", unit=unit_label(picked.unit, language()) if picked.unit != "share" else "0–1"),
            value=picked.target,
            key=_key(subject, "target", picked.code),
        )
        with refusals():
            wanted = replace(
                picked,
                direction=direction or picked.direction,
                normalisation=normalisation or picked.normalisation,
                target=target,
            )
            if wanted != picked and st.button(say("page_ranking.apply"), key=_key(subject, "apply"), type="primary"):
                changed = dict(st.session_state.get(_key(subject, "criteria"), {}))
                changed[picked.code] = wanted
                st.session_state[_key(subject, "criteria")] = changed
                st.rerun(scope="fragment")


def _pairwise(subject: Subject, criteria: Sequence[Criterion], weights: dict[str, Fraction]) -> None:
    # A closed part sends none of its sliders, or every weight that moves would have to wait for them.
    part = st.expander(
        say("page_ranking.pairs"),
        icon=":material/compare_arrows:",
        key=_key(subject, "pairs", "open"),
        on_change="rerun",
    )
    if not part.open:
        return
    with part:
        st.caption(told("page_ranking.pairs_lead", most=_MOST_PAIRED))
        by_code = {criterion.code: criterion for criterion in criteria}
        weighty = sorted((code for code in by_code if weights[code]), key=lambda code: -weights[code])
        kept = st.session_state.setdefault(_key(subject, "judged"), {})
        codes = st.multiselect(
            say("page_ranking.pairs_of"),
            list(by_code),
            default=[code for code in kept.get("codes", weighty[:5]) if code in by_code],
            max_selections=_MOST_PAIRED,
            placeholder=say("page_ranking.pairs_of"),
            format_func=lambda code: by_code[code].name(language()),
            key=_key(subject, "paired"),
            select_all=False,
        )
        kept["codes"] = codes
        if len(codes) < 2:
            return
        names = {code: by_code[code].name(language()) for code in codes}
        judgements = {pair: _judgement(subject, pair, names, kept) for pair in combinations(codes, 2)}
        found = weights_from_pairs(codes, judgements)
        _consistency(found, names)
        st.button(
            say("page_ranking.pairs_use"),
            key=_key(subject, "use"),
            icon=":material/check:",
            on_click=_use_pairs,
            args=(subject, tuple(by_code), found),
        )


def _judgement(subject: Subject, pair: tuple[str, str], names: dict[str, str], kept: dict[Any, Any]) -> Fraction:
    one, other = names[pair[0]], names[pair[1]]
    steps = [Fraction(1, n) for n in range(LARGEST_JUDGEMENT, 1, -1)] + [
        Fraction(n) for n in range(1, LARGEST_JUDGEMENT + 1)
    ]

    def shown(times: Fraction) -> str:
        if times == 1:
            return say("page_ranking.pair_equal")
        name, factor = (one, times) if times > 1 else (other, 1 / times)
        return told("page_ranking.pair_more", name=name, times=int(factor))

    kept[pair] = st.select_slider(
        told("page_ranking.pair", one=one, other=other),
        # The left end favours the first name.
        steps[::-1],
        value=kept.get(pair, Fraction(1)),
        format_func=shown,
        key=_key(subject, "pair", *pair),
    )
    return Fraction(kept[pair])


def _consistency(found: PairwiseWeights, names: dict[str, str]) -> None:
    grid(
        {
            "criterion": [names[code] for code in found.weights],
            "weight": [share * 100 for share in found.weights.values()],
        },
        words="page_ranking",
        kinds={"weight": TENTHS},
        key="rank.pairs",
    )
    ratio = round(found.consistency_ratio, 3)
    if found.is_consistent:
        st.success(told("page_ranking.consistent", ratio=ratio), icon=":material/check_circle:")
        return
    strained = found.most_strained
    said = say("page_ranking.inconsistent", ratio=ratio)
    if strained is not None:
        one, other, implied = strained
        name, times = (names[one], implied) if implied >= 1 else (names[other], 1 / implied)
        said += told("page_ranking.strained", one=names[one], other=names[other], name=name, times=round(times, 1))
    st.warning(said, icon=":material/warning:")


def _use_pairs(subject: Subject, codes: Sequence[str], found: PairwiseWeights) -> None:
    for code in codes:
        st.session_state[_key(subject, "w", code)] = round(found.weights.get(code, 0.0) * 100)


def save_form(actor: Actor, subject: Subject, chosen: Chosen) -> None:
    """Keep the weighting under a name, or forget the one that is loaded."""
    with (
        st.popover(say("page_ranking.save"), icon=":material/save:", width="stretch"),
        draft(actor, f"rank.name.{subject.value}") as form,
    ):
        name = st.text_input(say("page_ranking.name"), max_chars=MAX_NAME, **form.field("name", ""))
        if st.button(say("page_ranking.keep"), type="primary", key=_key(subject, "keep"), disabled=not name.strip()):
            with form.saving():
                ranking.save_weighting(store(), actor, chosen.saved(name, subject))
                forget_draft(actor, f"rank.{subject.value}")
                form.done(told("page_ranking.kept", name=name.strip()))
        loaded = str(st.session_state.get(_key(subject, "begin"), ""))
        if loaded.startswith(_SAVED) and st.button(
            told("page_ranking.forget", name=loaded.removeprefix(_SAVED)), key=_key(subject, "forget")
        ):
            with refusals():
                ranking.remove_weighting(store(), actor, subject, loaded.removeprefix(_SAVED))
                st.session_state.pop(_key(subject, "begin"), None)
                st.rerun()
