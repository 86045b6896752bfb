"""Tables to rank and their criteria: headings in either language, faults by row."""

from fractions import Fraction

import pytest

from renovation.errors import ImportRefusedError, InvalidError
from renovation.imports.programme.ranking import read_criteria, read_own_columns, read_ranking_table
from renovation.imports.projects.catalogue import DATA
from renovation.model.ranking import Direction, Normalisation

CRITERIA = (
    "编码,名称,权重,方向,归一化,目标值,居民出资\n"
    "age,房龄,2,越高越好,,,\n"
    "cost,户均费用,1,lower,按名次,,\n"
    "share,出资,1,越接近目标越好,target,0.3,是\n"
).encode()


def test_criteria_are_read_in_words():
    criteria, weighting = read_criteria(CRITERIA)
    assert [one.direction for one in criteria] == [Direction.HIGHER, Direction.LOWER, Direction.TARGET]
    assert [one.normalisation for one in criteria] == [
        Normalisation.MIN_MAX,
        Normalisation.RANK,
        Normalisation.TARGET,
    ]
    assert criteria[2].is_cash
    assert criteria[2].target == 0.3
    assert weighting.shares == {"age": Fraction(1, 2), "cost": Fraction(1, 4), "share": Fraction(1, 4)}


def test_the_shipped_example_weights_are_a_criteria_file():
    criteria, weighting = read_criteria((DATA / "default-weights.csv").read_bytes())
    assert next(one.code for one in criteria) == "willingness"
    assert weighting.shares["willingness"] == Fraction(3, 10)


def test_a_table_is_read_by_code_or_name_and_empty_is_not_known():
    criteria, _ = read_criteria(CRITERIA)
    table = "编号,小区名称,房龄,cost,出资,安全优先\n001,麦迪,30,1200,0.2,\n1,糖厂,暂无,900,,是\n".encode()
    found = read_ranking_table(table, criteria)
    assert found.ids == ("001", "1")
    assert found.names == ("麦迪", "糖厂")
    assert found.values == {"age": (30.0, None), "cost": (1200.0, 900.0), "share": (0.2, None)}
    assert found.bypass == {"1"}


def test_every_fault_is_named():
    criteria, _ = read_criteria(CRITERIA)
    with pytest.raises(ImportRefusedError) as refused:
        read_ranking_table("编号,房龄,cost,出资\na,老,1,1\na,1,2,3\n,1,1,1\n".encode(), criteria)
    assert {(fault.code, fault.row) for fault in refused.value.faults} == {
        ("value.not_number", 2),
        ("planning.twice", 3),
        ("planning.needed", 4),
    }
    with pytest.raises(ImportRefusedError):
        read_ranking_table("编号,房龄\na,1\n".encode(), criteria)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        "编码,权重,方向\na,1,左\n".encode(),
        "编码,权重\na,\n".encode(),
        "编码,权重\na,1\na,2\n".encode(),
        "编码,权重,方向\na,1,target\n".encode(),
        "编码\na\n".encode(),
    ],
)
def test_criteria_that_cannot_be_are_refused(content):
    with pytest.raises(ImportRefusedError):
        read_criteria(content)


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(InvalidError):
        read_criteria("编码,权重\na,0\nb,0\n".encode())


def test_shares_in_percent_and_as_fractions_stand_in_one_column():
    criteria, weighting = read_criteria("编码,权重,方向,目标值\na,30%,target,50%\nb,0.3,,\n".encode())
    assert weighting.shares == {"a": Fraction(1, 2), "b": Fraction(1, 2)}
    assert criteria[0].target == 0.5
    table = read_ranking_table("编号,a,b\nX,90%,1\nY,0.7,12％\n".encode(), criteria)
    assert table.values == {"a": (0.9, 0.7), "b": (1.0, 0.12)}


def test_a_heading_may_say_its_unit():
    own = read_own_columns("编号,名称,漏水投诉（件）,漏水投诉（户）\nA,甲,12,3\nB,乙,,4\n".encode())
    assert own == {"漏水投诉（件）": {"A": 12.0}, "漏水投诉（户）": {"A": 3.0, "B": 4.0}}
    criteria, _ = read_criteria("编码,名称,权重\ncost,户均费用（元）,1\n".encode())
    assert read_ranking_table("编号,户均费用(元)\nA,5\n".encode(), criteria).values == {"cost": (5.0,)}
