"""Facilities into the store, and who has one within reach."""

from __future__ import annotations

import pytest

from renovation.errors import ConflictError, DeniedError, ImportRefusedError
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.model.accounts import Actor
from renovation.model.imports import ImportKind, ImportSource
from renovation.services.house.updates import update_text
from renovation.services.register import imports
from renovation.services.register.facilities import facility_kinds, import_facilities, list_facilities
from renovation.store import Store

ESTATES = "小区名称,街道,户数,经度,纬度\n荔香苑,桥东街道,120,114.41,23.08\n桂景阁,桥西街道,80,114.45,23.09\n".encode()
FACILITIES = "编号,名称,类别,经度,纬度\nA,一站,养老服务站,114.411,23.08\nB,公厕,公厕,114.45,23.09\n".encode()


def _source(data: bytes) -> ImportSource:
    return ImportSource.of("x.csv", data)


@pytest.fixture
def city(store: Store, planner: Actor) -> Store:
    imports.import_estates(store, planner, parse_estates(ESTATES, datum="cgcs2000"), source=_source(ESTATES))
    import_facilities(store, planner, parse_facilities(FACILITIES, datum="cgcs2000"), source=_source(FACILITIES))
    return store


def test_facilities_are_kept_whole_and_once(city: Store, planner: Actor) -> None:
    assert facility_kinds(city, planner) == ("公厕", "养老服务站")
    assert [f.name for f in list_facilities(city, planner, "养老服务站")] == ["一站"]
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        import_facilities(city, planner, parse_facilities(FACILITIES, datum="cgcs2000"), source=_source(FACILITIES))
    assert len(list_facilities(city, planner)) == 2


def test_a_later_list_changes_what_it_moves_and_can_be_taken_back(city: Store, planner: Actor) -> None:
    later = FACILITIES.replace("一站".encode(), "一号站".encode()) + ",乙亭,口袋公园,114.42,23.08\n".encode()
    parsed = parse_facilities(later, datum="cgcs2000")
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        import_facilities(city, planner, parsed, source=_source(later))
    record = import_facilities(city, planner, parsed, source=_source(later), update=True)
    assert (record.imported, record.updated, record.recognised) == (2, 1, 2)
    words = update_text(city, planner, ImportKind.FACILITIES, record.updates[0], "zh-CN")
    assert "一号站" in words
    assert [one.name for one in list_facilities(city, planner)] == ["一号站", "公厕", "乙亭"]
    # Without a code, kind, name and place say that it is the same one.
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        import_facilities(city, planner, parsed, source=_source(later))
    assert record.id is not None
    imports.undo_import(city, planner, record.id)
    assert [one.name for one in list_facilities(city, planner)] == ["一站", "公厕"]


def test_a_facility_is_one_however_its_name_is_written(city: Store, planner: Actor) -> None:
    later = "编号,名称,类别,经度,纬度\n,乙亭（一期）,口袋公园,114.42,23.08\n,乙亭“1期”,口袋 公园,114.42,23.08\n"
    coded = later.replace("\n,乙亭“", "\nK1,乙亭“")
    for data in (later.encode(), coded.encode()):
        parsed = parse_facilities(data, datum="cgcs2000")
        import_facilities(city, planner, parsed, source=_source(data), dry_run=True)
    import_facilities(city, planner, parsed, source=_source(data))
    assert [one.name for one in list_facilities(city, planner)][2:] == ["乙亭（一期）"]


def test_a_dry_run_and_a_faulty_file_keep_nothing(store: Store, planner: Actor) -> None:
    good = parse_facilities(FACILITIES, datum="cgcs2000")
    import_facilities(store, planner, good, source=_source(FACILITIES), dry_run=True)
    with pytest.raises(ImportRefusedError):
        import_facilities(store, planner, parse_facilities(b"", datum="cgcs2000"), source=_source(b""))
    assert list_facilities(store, planner) == ()
    assert imports.list_imports(store, planner) == ()
    with pytest.raises(DeniedError):
        import_facilities(store, None, good, source=_source(FACILITIES))


def test_the_last_import_of_facilities_can_be_undone(city: Store, planner: Actor) -> None:
    last = imports.list_imports(city, planner, ImportKind.FACILITIES)[0]
    assert last.id is not None
    imports.undo_import(city, planner, last.id)
    assert list_facilities(city, planner) == ()
