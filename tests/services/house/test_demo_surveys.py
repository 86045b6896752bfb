"""The four surveyed estates of the demonstration city: each what it is meant to show, figures those of its doors."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from renovation.model.accounts import Actor, Role
from renovation.model.places import EstateFilter, RenovationStatus
from renovation.model.surveys import DEFAULT_TARGET, KnownGroup, Survey
from renovation.rules.surveys.figures import LEAST, SurveyFigures
from renovation.services.register import estates
from renovation.services.surveys import campaigns, facts
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store
from renovation.store.surveys import visits

OPERATOR = Actor(role=Role.ADMIN, login="cli")


@pytest.fixture(scope="module")
def surveyed(city: Store) -> dict[str, tuple[Survey, SurveyFigures]]:
    """Each campaign under what it is meant to show, in the order they were built."""
    held = sorted(campaigns.surveys(city, OPERATOR), key=lambda one: one.id)
    told = [(one, survey_figures(city, OPERATOR, one.id, by_place=None)) for one in held]
    return dict(zip(("finished", "half way", "tenants forgotten", "said no"), told, strict=True))


def test_each_shows_what_it_is_meant_to(city: Store, surveyed: dict[str, tuple[Survey, SurveyFigures]]) -> None:
    figures = {name: found for name, (_, found) in surveyed.items()}
    willing = {name: found.whole.willing.share for name, found in figures.items() if found.whole.willing}
    assert figures["finished"].whole.coverage >= DEFAULT_TARGET
    assert figures["said no"].whole.coverage >= DEFAULT_TARGET
    assert {name: one > Fraction(1, 2) for name, one in willing.items()} == {
        name: name != "said no" for name in surveyed
    }
    assert {name for name, (held, _) in surveyed.items() if held.is_open} == {"half way", "tenants forgotten"}
    nobody = [one for one in figures["half way"].missing if one.group is None and not one.answered]
    assert len(nobody) == 1
    assert {
        name for name, found in figures.items() if any(one.group is KnownGroup.TENANTS for one in found.missing)
    } == {"tenants forgotten"}
    assert not any(one.answered == 0 for one in figures["finished"].missing)


def test_figures_are_those_of_the_doors(city: Store, surveyed: dict[str, tuple[Survey, SurveyFigures]]) -> None:
    for held, found in surveyed.values():
        with city.read() as connection:
            made = [one for each in visits.answered(connection, held.id).values() for one in each]
            doors = visits.door_ids(connection, held.id)
        renew = Counter(one.draft.answers["renew"][0] for one in made if "renew" in one.draft.answers)
        assert (found.whole.doors, found.whole.answered) == (len(doors), len(made))
        assert found.whole.willing is not None
        assert found.whole.willing.share == Fraction(renew["yes"], sum(renew.values()))
        assert sum(one.answered for one in found.buildings) == sum(one.answered for one in found.units) == len(made)
        assert all(group.portion.asked >= LEAST for one in found.options for group in one.groups)


def test_the_rest_of_the_city_says_that_its_figures_are_typed(
    city: Store, surveyed: dict[str, tuple[Survey, SurveyFigures]]
) -> None:
    counted = {name: held.draft.estate_ids[0] for name, (held, _) in surveyed.items()}
    whole = estates.find_estates(city, OPERATOR, EstateFilter())
    by_id = {one.id: one for one in whole}
    sources = {one.id: facts.where_from(city, OPERATOR, one.id) for one in whole}
    assert {one for one, source in sources.items() if source.is_counted} == {counted["finished"], counted["said no"]}
    assert by_id[counted["finished"]].facts.status is RenovationStatus.WILLING
    assert by_id[counted["said no"]].facts.status is RenovationStatus.SURVEYED
    typed = [one for one in whole if one.id not in counted.values() and one.facts.willingness is not None]
    assert typed
    assert all(sources[one.id].taken is None for one in typed)
