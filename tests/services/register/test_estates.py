"""Estate files: who sees what, edits with history, outlines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import today
from renovation.model.places import AreaDraft, AreaLevel, Deficit, EstateDraft, EstateFacts, EstateFilter
from renovation.model.scope import Scope
from renovation.services.register import estates as services
from renovation.services.register import places
from renovation.services.register.outlines import draw_outline
from renovation.store import Store, audit
from renovation.store.register import areas, estates


def box(lon: float, lat: float, side: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(lon, lat, lon + side, lat + side)))


@pytest.fixture
def town(store: Store) -> dict[str, int]:
    """Two counties, a street, a community and a grid in the first, one estate in each county."""
    with store.write() as unit:
        ids: dict[str, int] = {}
        parent: int | None = None
        for name, level, side in (
            ("county", AreaLevel.COUNTY, 0.1),
            ("street", AreaLevel.STREET, 0.05),
            ("community", AreaLevel.COMMUNITY, 0.03),
            ("grid", AreaLevel.GRID, 0.02),
        ):
            draft = AreaDraft(level=level, code=name, name=name, parent_id=parent, geometry=box(114, 23, side))
            (parent,) = areas.add_areas(unit.connection, [draft])
            ids[name] = parent
        other = AreaDraft(level=AreaLevel.COUNTY, code="other", name="other", geometry=box(114.1, 23, 0.1))
        (ids["other"],) = areas.add_areas(unit.connection, [other])
        ids["here"], ids["there"] = estates.add_estates(
            unit.connection,
            [
                EstateDraft(
                    code="E1",
                    name="荔香苑",
                    county_id=ids["county"],
                    facts=EstateFacts(households=100, deficits=frozenset({Deficit.PIPES})),
                ),
                EstateDraft(code="E2", name="桂景阁", county_id=ids["other"], facts=EstateFacts(households=50)),
            ],
            collected_on=today(),
            collector="社工",
        )
        unit.commit()
    return ids


def local(town: dict[str, int]) -> Actor:
    return Actor(role=Role.SOCIAL_WORKER, login="local", name="本区社工", scope=Scope(county_id=town["county"]))


def test_strangers_and_residents_see_no_register(store: Store, town: dict[str, int]) -> None:
    for actor in (None, PUBLIC):
        with pytest.raises(DeniedError):
            services.find_estates(store, actor)
        with pytest.raises(DeniedError):
            services.get_estate_file(store, actor, town["here"])


def test_deficits_that_nobody_looked_for_are_not_none(store: Store, town: dict[str, int], planner: Actor) -> None:
    counts = services.estate_columns_of(store, planner)["deficit_count"]
    assert counts[town["here"]] == 1
    assert counts.isna()[town["there"]]
    there = services.get_estate(store, planner, town["there"])
    services.edit_estate(store, planner, replace(there, facts=replace(there.facts, survey_coverage=Fraction(9, 10))))
    assert services.estate_columns_of(store, planner)["deficit_count"][town["there"]] == 0


def test_scope_of_the_account_narrows_every_reading(store: Store, town: dict[str, int], planner: Actor) -> None:
    actor = local(town)
    assert [e.name for e in services.find_estates(store, actor)] == ["荔香苑"]
    assert services.sum_estates(store, actor).households == 100
    assert len(services.estate_columns_of(store, actor)) == 1
    with pytest.raises(NotFoundError):
        services.get_estate_file(store, actor, town["there"])
    assert {a.name for a in places.list_areas(store, actor)} == {"county", "street", "community", "grid"}
    assert services.sum_estates(store, planner).households == 150


def test_edit_keeps_history_deficits_and_log(store: Store, town: dict[str, int], planner: Actor) -> None:
    read = services.get_estate(store, planner, town["here"])
    facts = replace(read.facts, households=120, deficits=frozenset({Deficit.PARKING}))
    after = services.edit_estate(store, planner, replace(read, facts=facts, name="荔香新苑"))
    assert after.version == 2
    file = services.get_estate_file(store, planner, town["here"])
    assert file.history[0].by == "planner"
    assert file.history[0].fields == {
        "households": ("100", "120"),
        "deficits": ("pipes", "parking"),
        "name": ("荔香苑", "荔香新苑"),
    }
    assert {record.deficit: record.present for record in file.deficits} == {
        Deficit.PIPES: False,
        Deficit.PARKING: True,
    }
    with store.read() as connection:
        entry = list(audit.entries(connection, act="estate.edit"))[-1]
    assert entry.detail["fields"] == ["deficits", "households", "name"]


def test_edit_on_an_old_version_is_refused_and_changes_nothing(
    store: Store, town: dict[str, int], planner: Actor
) -> None:
    read = services.get_estate(store, planner, town["here"])
    services.edit_estate(store, planner, replace(read, name="第一个"))
    with pytest.raises(ConflictError):
        services.edit_estate(store, planner, replace(read, name="第二个"))
    file = services.get_estate_file(store, planner, town["here"])
    assert file.estate.name == "第一个"
    assert len(file.history) == 1


def test_edit_without_a_difference_writes_nothing(store: Store, town: dict[str, int], planner: Actor) -> None:
    read = services.get_estate(store, planner, town["here"])
    assert services.edit_estate(store, planner, read).version == 1
    assert services.get_estate_file(store, planner, town["here"]).history == ()


def test_local_editor_cannot_reach_beyond_the_scope(
    store: Store, town: dict[str, int], planner: Actor, observer: Actor
) -> None:
    there = services.get_estate(store, planner, town["there"])
    with pytest.raises(NotFoundError):
        services.edit_estate(store, local(town), replace(there, name="别人的"))
    here = services.get_estate(store, planner, town["here"])
    with pytest.raises(InvalidError, match="leaves_scope"):
        services.edit_estate(store, local(town), replace(here, county_id=town["other"]))
    with pytest.raises(DeniedError):
        services.edit_estate(store, observer, replace(here, name="旁观者"))


def test_outline_places_the_estate_in_its_areas(store: Store, town: dict[str, int], planner: Actor) -> None:
    drawn = draw_outline(store, planner, town["here"], box(114.005, 23.005, 0.002), version=1)
    assert (drawn.street_id, drawn.community_id, drawn.grid_id) == (town["street"], town["community"], town["grid"])
    file = services.get_estate_file(store, planner, town["here"])
    assert file.outline_m2 == pytest.approx(45_300, rel=0.02)
    assert "outline_m2" in file.history[0].fields
    assert [area.name for area in file.trail] == ["county", "street", "community", "grid"]


@pytest.mark.parametrize(
    ("outline", "code"),
    [
        (shapely.Polygon([(114, 23), (114.01, 23.01), (114.01, 23), (114, 23.01)]), "crossing"),
        (shapely.Point(114, 23), "missing"),
        (shapely.box(14, 23, 14.1, 23.1), "place"),
    ],
)
def test_bad_outlines_are_refused(
    store: Store, town: dict[str, int], planner: Actor, outline: shapely.Geometry, code: str
) -> None:
    with pytest.raises(InvalidError, match=rf"estate\.outline\.{code}"):
        draw_outline(store, planner, town["here"], shapely.to_wkb(outline), version=1)


def test_filter_of_the_list_is_the_filter_of_the_figures(store: Store, town: dict[str, int], planner: Actor) -> None:
    wanted = EstateFilter(deficits=(Deficit.PIPES,))
    assert [e.id for e in services.find_estates(store, planner, wanted)] == [town["here"]]
    assert services.sum_estates(store, planner, wanted).estates == 1
