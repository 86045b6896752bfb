"""What a cell shows counts, and a whole column is read one way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hostile_files import book

from renovation.imports.files.results import FileVerdict
from renovation.imports.files.workbooks.formats import NumberFormat
from renovation.imports.programme.ranking import read_own_columns
from renovation.imports.register.estates import parse_estates

SHARE, FUND = "老年人占比", "维修资金余额"


def column(heading, *cells, code="General"):
    def formatted(made):
        for row in made.active.iter_rows(min_row=2, min_col=2, max_col=2):
            row[0].number_format = code

    rows = [[f"小区{at}", cell] for at, cell in enumerate(cells)]
    return parse_estates(book(["小区名称", heading], *rows, prepare=formatted), datum="wgs84")


def shares(parsed):
    return [None if one.elderly_share is None else float(one.elderly_share) for one in parsed.records]


def codes(parsed):
    return [one.code for one in (*parsed.faults, *parsed.warnings, *parsed.changes)]


@pytest.mark.parametrize("heading", [SHARE, f"{SHARE}（%）", f"{SHARE}%"])
@pytest.mark.parametrize("code", ["0%", "0.00%", "0.0%;[Red]-0.0%", "[<1]0.0%;0%"])
def test_cells_that_show_percent_are_what_they_show(heading, code):
    found = column(heading, 0.23, 0.08, 1, code=code)
    assert (shares(found), found.verdict) == ([0.23, 0.08, 1.0], FileVerdict.OK)


@pytest.mark.parametrize(
    ("heading", "cells", "wanted", "said"),
    [
        (f"{SHARE}（%）", (23, 8, 1, 0.5), [0.23, 0.08, 0.01, 0.005], []),
        (f"{SHARE}（‰）", (230, 8), [0.23, 0.008], []),
        (SHARE, (23, 8, 2), [0.23, 0.08, 0.02], ["share.read_as"]),
        (SHARE, (0.23, 0.08, 1), [0.23, 0.08, 1.0], ["share.read_as"]),
        (SHARE, (23, 8, 1, 0.5), [0.23, 0.08, 0.01, 0.005], ["share.two_ways"]),
        (f"{SHARE}（%）", (0.23, 0.08), [0.0023, 0.0008], ["share.two_ways"]),
        (SHARE, ("23%", 0.08), [0.23, 0.08], ["share.two_ways"]),
        (SHARE, ("23%", "80‰", "8％"), [0.23, 0.08, 0.08], []),
    ],
)
def test_plain_numbers_of_a_column_are_all_read_alike(heading, cells, wanted, said):
    found = column(heading, *cells)
    assert shares(found) == wanted
    assert codes(found) == said


def test_a_question_names_both_readings():
    (asked,) = column(SHARE, 23, 0.5).warnings
    assert asked.fields == {"value": "0.5", "taken": "0.5%", "other": "50%"}


@pytest.mark.parametrize(
    ("code", "value", "yuan"),
    [
        ('0!.0,"万"', 120_000, 120_000), ('0\\.0,"万元"', 123_456, 123_456), ('0"."0000"万"', 120_000, 120_000),
        ('[>=10000]0!.0,"万";0', 120_000, 120_000), ('0.00"万元"', 3.5, 35_000), ('#,##0.0,"千元"', 35_000, 35_000),
        ("[$¥-804]#,##0.00", 12.5, 12.5), ('_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', 0, 0), ("@", 7, 7),
    ],
)  # fmt: skip
def test_money_is_what_its_cell_shows(code, value, yuan):
    found = column(FUND, value, code=code)
    assert found.records[0].maintenance_fund_fen == yuan * 100
    if "万" in code or "千" in code:
        assert column(f"{FUND}（万元）", value, code=code).records[0].maintenance_fund_fen == yuan * 100


def test_thousands_shown_without_a_word_are_asked_about():
    found = column(f"{FUND}（千元）", 1_234_000, 5_000, code="#,##0,")
    assert [one.maintenance_fund_fen for one in found.records] == [123_400_000, 500_000]
    assert [(one.code, one.row, one.also) for one in found.warnings] == [("value.scaled_display", 2, (3,))]


def test_codes_and_days_keep_the_zeros_they_show():
    assert column("小区编码", 7, code="000000").records[0].code == "000007"
    assert column("小区编码", 7, code='"H6-"000').records[0].code == "H6-007"
    assert column("户数", 300, code='0"户"').records[0].households == 300
    assert column("建成年份", 1995, code='0"年"').records[0].built_year == 1995


@pytest.mark.parametrize(
    "code", ["General", "0", "0.00", "#,##0.00_);(#,##0.00)", "# ?/?", "0.00E+00", ";;;", '0;-0;"无"']
)
def test_formats_that_only_dress_a_number(code):
    assert NumberFormat(code).shown(1234.5) == 1234.5


def test_what_a_spreadsheet_worked_out_is_taken_to_the_fen():
    found = column(f"{FUND}（万元）", 100 / 3, code="0.00")
    assert found.records[0].maintenance_fund_fen == 33_333_333
    assert codes(found) == ["value.rounded_to_fen"]
    assert codes(column(FUND, 0.001)) == codes(column(FUND, "0.125")) == ["value.finer_than_fen"]


@pytest.mark.parametrize(
    "heading", [f"{FUND}（美元）", f"{FUND}（万港币）", "建筑面积（平方英尺）", "建筑面积（公亩）"]
)
def test_a_unit_that_nobody_converts_refuses_the_column(heading):
    assert codes(column(heading, 12)) == ["column.unit_unknown"]


@pytest.mark.parametrize("heading", ["建筑面积（截至2025年）", "建筑面积（平方米）", "建筑面积（sqm）"])
def test_other_words_in_brackets_are_no_unit(heading):
    assert column(heading, 12).records[0].floor_area_m2 == Decimal(12)


def semicolons(heading, *cells):
    rows = "\n".join(f"小区{at};{cell}" for at, cell in enumerate(cells))
    return parse_estates(f"小区名称;{heading}\n{rows}\n".encode(), datum="wgs84")


def test_points_that_part_decimals_somewhere_part_them_in_the_whole_column():
    assert semicolons("建筑面积", "1.234", "12.5").records[0].floor_area_m2 == Decimal("1.234")
    assert codes(semicolons("建筑面积", "1.234", "2.345")) == ["value.decimal_comma"] * 2
    assert codes(semicolons("建筑面积", "1.234,50", "12.5")) == ["value.decimal_comma"]


def test_degrees_have_no_thousands():
    data = "小区名称;经度;纬度\n甲;114.412;23.088\n".encode()
    assert parse_estates(data, datum="wgs84").verdict is FileVerdict.OK
    assert codes(parse_estates(data.replace(b"114.412", b"114,412"), datum="wgs84")) == ["value.decimal_comma"]


def test_own_columns_mix_shares_but_not_shares_and_numbers():
    rows = "编号,空置率,楼龄\n1,23%,30\n2,0.08,12\n"
    assert read_own_columns(rows.encode())["空置率"] == {"1": float(Fraction(23, 100)), "2": 0.08}
    with pytest.raises(Exception, match="refused"):
        read_own_columns(rows.replace("0.08", "8").encode())
