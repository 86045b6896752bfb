"""Shares and coordinates in lists, in whatever figures: what a person reads there, or a refusal at its cell."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_figures import OTHER_DIGITS

from renovation.errors import ImportRefusedError
from renovation.imports.files.results import UnreadableError
from renovation.imports.files.values import values
from renovation.imports.programme.ranking import read_criteria, read_ranking_table
from renovation.imports.projects.projects import parse_projects
from renovation.imports.register.facilities import parse_facilities
from renovation.model.funding import SourceKind

#: What says itself what it is a part of, in every way in which people write it.
MARKED = {
    "30%": Fraction(3, 10), "30％": Fraction(3, 10), "３０％": Fraction(3, 10), " 30 % ": Fraction(3, 10),
    "30%左右": Fraction(3, 10), "约30%": Fraction(3, 10), "0.5%左右": Fraction(5, 1000), "5‰": Fraction(5, 1000),
    "三十%": Fraction(3, 10), "0%": Fraction(0), "100%": Fraction(1), "1.5%上下": Fraction(15, 1000),
}  # fmt: skip
#: Plain numbers count as their whole column does: of one, or of a hundred.
PLAIN = ["0.3", "30", "１２", "三十", "0.05", "1", "0.30", "99"]
NO_SHARE = ["①", "①％", "五成", "1e1", "-5", "-5%", "NaN", "inf", "%", "％", "‰", "30%%", "5‰%", "30%5",
            "1/3", "0x1", "1_0%",
            "百分之三十", "²%", "٣%", "110%", "1001‰", "0.3.1", "30%元", "20%~30%", "½"]  # fmt: skip
HEAD = "小区,项目名称,费用（元）,自筹比例\n"


@given(st.lists(st.sampled_from([*MARKED, *PLAIN, *NO_SHARE, "", "无", "-"]), min_size=1, max_size=5))
def test_a_column_of_shares_is_read_as_a_person_reads_it_or_refused_at_its_cell(cells: list[str]) -> None:
    lines = "".join(f"小区,项目{at},100000,{cell}\n" for at, cell in enumerate(cells))
    parsed = parse_projects((HEAD + lines).encode())
    wrong = {at for at, cell in enumerate(cells) if cell in NO_SHARE}
    refused = {row for fault in parsed.faults for row in (fault.row, *fault.also)}
    assert all(fault.column == "自筹比例" for fault in parsed.faults), parsed.faults
    assert {at + 2 for at in wrong} <= refused
    if parsed.faults:
        # A column in hundredths and one of ones tell each other apart; 30 is no share of one.
        assert all(cells[row - 2] in (*NO_SHARE, *PLAIN) for row in refused if row is not None)
        return
    for cell, record in zip(cells, parsed.records, strict=True):
        if cell in MARKED:
            assert record.share == MARKED[cell], cell
        elif cell in PLAIN:
            number = Fraction(values.number(cell)[0] or 0)
            assert record.share in (number, number / 100), cell
            assert record.share is not None
            assert record.share <= 1
        else:
            assert record.share is None, cell
    shares = {cell: record.share for cell, record in zip(cells, parsed.records, strict=True) if cell in PLAIN}
    ways = {share / Fraction(values.number(cell)[0] or 1) for cell, share in shares.items() if share}
    assert len(ways) <= 1, "one column is read in two ways"


def test_an_amount_counts_before_a_share_and_what_is_not_used_is_said() -> None:
    head = HEAD.strip() + ",居民出资（元）\n"
    parsed = parse_projects(f"{head}小区,甲,100000,10%,5000\n小区,乙,100000,20%,\n小区,丙,100000,,3000\n".encode())
    assert [(one.share, dict(one.sources)) for one in parsed.records] == [
        (None, {SourceKind.RESIDENTS: 5_000_00}),
        (Fraction(1, 5), {}),
        (None, {SourceKind.RESIDENTS: 3_000_00}),
    ]
    said = [one for one in parsed.changes if one.code == "planning.amount_counts"]
    assert [(one.place.row, one.also, one.before, one.after) for one in said] == [(2, (), "自筹比例", "居民出资（元）")]


#: What stands behind a figure and says how it counts.
BEHIND = ["%", "％", "‰", "%左右", "亩", "公顷", "ha", "万", "万元", "元", "角", "°", "度", "°30'", "户", "㎡", "成"]


@given(st.sampled_from(OTHER_DIGITS), st.sampled_from(["", "1", "12."]), st.sampled_from(BEHIND))
def test_a_unit_behind_makes_no_number_of_a_figure_that_is_none(figure: str, before: str, unit: str) -> None:
    for read in (values.number, values.whole, values.money, values.area, values.share, values.coordinate):
        with pytest.raises(UnreadableError):
            read(f"{before}{figure}{unit}")


@pytest.mark.parametrize("cell", ["0.5%左右", "30%%", "%", "①%"])
def test_a_figure_of_a_ranking_is_read_the_same(cell: str) -> None:
    asked, _ = read_criteria("编码,权重\na,1\nb,1\n".encode())
    table = f"编号,a,b\nx,{cell},1\ny,0.2,2\n".encode()
    if cell == "0.5%左右":
        assert read_ranking_table(table, asked).values["a"] == (0.005, 0.2)
        return
    with pytest.raises(ImportRefusedError) as refused:
        read_ranking_table(table, asked)
    assert [(fault.row, fault.column) for fault in refused.value.faults] == [(2, "a")]


#: The same place in every way in which people and instruments write it.
EAST = {"114.41": 114.41, "１１４．４１": 114.41, "114.41°": 114.41, "114°24'36\"": 114.41, "东经114°24′36″": 114.41,
        "E114°24'36\"": 114.41, "114°24.6'": 114.41, "114度24分36秒": 114.41, " 114.41 ": 114.41}  # fmt: skip
NO_PLACE = ["①", "114.4①", "1e2", "NaN", "inf", "114°60'", "114°24'61\"", "-114°24'", "114 24 36", "0x72", "1_14.41",
            "114.4.1", "114,41", "114°24'36\"x", "五成", "114.41%", "٣", "114.4²"]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from([*EAST, *NO_PLACE]), st.sampled_from(["23.11", "23°6'36\"", *NO_PLACE])),
                min_size=1, max_size=4))  # fmt: skip
def test_coordinates_are_read_as_a_person_reads_them_or_refused_at_their_cell(pairs: list[tuple[str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = "".join(f"站,站{at},{quoted(east)},{quoted(north)}\n" for at, (east, north) in enumerate(pairs))
    parsed = parse_facilities(f"类别,名称,经度,纬度\n{lines}".encode(), datum="cgcs2000")
    wrong = {at + 2 for at, pair in enumerate(pairs) if set(pair) & set(NO_PLACE)}
    refused = {row for fault in parsed.faults for row in (fault.row, *fault.also)}
    assert wrong == refused, parsed.faults
    assert all(fault.column in ("经度", "纬度") for fault in parsed.faults)
    if not wrong:
        found = [(round(record.lon, 6), round(record.lat, 6)) for record in parsed.records]
        assert found == [(114.41, 23.11)] * len(pairs)


@given(st.sampled_from([*EAST]), st.sampled_from([*NO_PLACE]))
def test_a_pair_in_one_cell_is_one_too(east: str, wrong: str) -> None:
    def faults(cell: str) -> int:
        cell = cell.replace('"', '""')
        return len(parse_facilities(f'类别,名称,经纬度\n站,站,"{cell}"\n'.encode(), datum="cgcs2000").faults)

    assert faults(f"{east.strip()}，23.11") == 0
    assert faults(f"{wrong}，23.11") == 1


KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>站</name><Point><coordinates>'
    "{}</coordinates></Point></Placemark></kml>"
)


@given(
    st.one_of(
        st.sampled_from(
            [
                "1_14.41,23.11",
                "nan,23.11",
                "inf,1",
                "１１４.４１,23.11",
                "114.41,,23.11",
                "114.41",
                "114.41,23.11,7,9",
            ]
        ),
        st.builds("114.4{},23.11".format, st.sampled_from(OTHER_DIGITS)),
    )
)
def test_a_placemark_far_from_numbers_is_refused(written: str) -> None:
    parsed = parse_facilities(KML.format(written).encode(), datum="wgs84", mapping=None)
    assert [fault.feature for fault in parsed.faults if fault.code.startswith("geometry.")] == [1], written


@pytest.mark.parametrize(
    ("written", "said"), [("114.41,23.11,7", True), ("114.41,23.11,0", False), ("114.41,23.11,", False)]
)
def test_a_height_of_a_placemark_is_said(written: str, said: bool) -> None:
    parsed = parse_facilities(KML.format(written).encode(), datum="wgs84")
    assert ("geometry.height_dropped" in {change.code for change in parsed.changes}) == said
