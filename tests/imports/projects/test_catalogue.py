"""The shipped figures read completely, and a bad file is refused with every fault."""

import pytest

from renovation.errors import ImportRefusedError
from renovation.imports.projects.catalogue import (
    DATA,
    read_catalogue,
    read_default_weights,
)
from renovation.model.items import ItemClass, Measure


def test_the_catalogue_has_65_items_of_which_58_are_assumed():
    items = read_catalogue()
    assert len(items) == 65
    by_class = [sum(item.item_class is kind for item in items) for kind in ItemClass]
    assert by_class == [23, 28, 14]
    assert sum(item.assumed for item in items) == 58


def test_amounts_are_fen_and_measures_follow_unit_and_geometry():
    items = {item.code: item for item in read_catalogue()}
    assert items["J01"].unit_cost_low == 6_000
    assert items["W15"].unit_cost_high == 70_000_000
    assert items["J01"].measure is Measure.AREA_M2
    assert items["J08"].measure is Measure.LENGTH_M
    assert items["W02"].measure is Measure.COUNT
    assert items["W15"].measure is Measure.COUNT
    assert items["W22"].measure is Measure.TYPED
    assert items["J06"].measure is Measure.TYPED
    assert items["W02"].name("en") == "Solar street light"
    assert items["W02"].name("zh-CN") == "太阳能路灯"


def test_every_fault_is_named_with_its_row():
    content = (DATA / "items-catalogue.csv").read_text("utf-8")
    content = content.replace("基础类,㎡,60,150", "基础,㎡,60,150", 1).replace("㎡,80,200", "㎡,约80,200", 1)
    content = content.replace("J05;J12", "J05;X99", 1)
    with pytest.raises(ImportRefusedError) as refused:
        read_catalogue(content.encode())
    found = {(fault.code, fault.row, fault.column) for fault in refused.value.faults}
    assert ("figures.cell", 2, "class") in found
    assert ("figures.cell", 3, "unit_cost_low") in found
    assert ("figures.unknown_code", 5, "depends_on") in found


@pytest.mark.parametrize("content", [b"", b"code\nJ01\n", b"\xff\xfe\x00", b"a" * 200_000])
def test_what_is_no_catalogue_is_refused(content):
    with pytest.raises(ImportRefusedError):
        read_catalogue(content)


def test_weights_carry_their_source():
    criteria, weightings = read_default_weights()
    assert len(criteria) == 6
    assert [weighting.name for weighting in weightings] == ["example", "equal", "need_first", "will_first"]
    assert all(sum(weighting.shares.values()) == 1 and weighting.is_example for weighting in weightings)
    assert [criterion.code for criterion in criteria if criterion.is_cash] == ["contribution"]
