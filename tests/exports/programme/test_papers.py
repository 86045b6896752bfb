"""Documents of a programme, read back and compared with it, fen by fen."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sqlite3
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
import shapely
from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from pyogrio import raw

from renovation.exports.programme.case_card import CardPhoto, CaseFacts, case_card
from renovation.exports.programme.estate_map import MapSurroundings, estate_map
from renovation.exports.programme.layers import works_layers
from renovation.exports.programme.meeting import memo, notice
from renovation.exports.programme.package import programme_files, programme_package
from renovation.exports.programme.print_layout import DEFAULT_FONT, POINTS, PrintColumn, lay_out, lines_of
from renovation.exports.programme.sheets import roll_up, works_list
from renovation.exports.programme.source import (
    EstateOnPaper,
    PaperDetails,
    ProgrammeFile,
    WorkFacts,
    programme_file,
)
from renovation.model.funding import Pot, SourceKind
from renovation.model.items import ItemClass
from renovation.model.programme import Lock, PlannedProject, Problem
from renovation.rules.programme.programme import plan_programme
from renovation.text.formats import wan_digits

STREETS = (("惠城区", "桥东街道"), ("惠城区", "桥西街道"), ("惠阳区", "淡水街道"))
ITEMS = (("雨污分流改造", ItemClass.BASIC, "m"), ("加装充电桩", ItemClass.IMPROVEMENT, "处"), ("长者食堂", None, "处"))


def _sample(language: str = "zh-CN") -> ProgrammeFile:
    estates = {}
    for k in range(5):
        county, street = STREETS[k % 3]
        x = 114.40 + 0.003 * k
        estates[f"E{k}"] = EstateOnPaper(
            key=f"E{k}",
            name=f"示例{k}号院" if k else "=1+1 <花园>",
            county=county,
            street=street,
            built_year=1985 + k,
            buildings=4 + k,
            households=None if k == 4 else 120 + 17 * k,
            floor_area_m2=9000.5 + k * 811,
            geometry=shapely.box(x, 23.08, x + 0.0015, 23.081).wkb,
        )
    planned, works = [], {}
    for i in range(14):
        work, item_class, unit = ITEMS[i % 3]
        pot, own, gap = 2_000_037 + i * 734_567, (0, 150_001)[i % 2], (0, 0, 12_345)[i % 3]
        x = 114.40 + 0.003 * (i % 5) + 0.0001 * i
        geometry = [shapely.Point(x, 23.0805), shapely.LineString([(x, 23.0803), (x + 2e-4, 23.0806)]), None][i % 3]
        planned.append(
            PlannedProject(
                id=f"P{i}",
                cost=pot,
                votes=5 + i * 7 % 50,
                households=100,
                item_classes=frozenset({item_class} if item_class else ()),
            )
        )
        works[f"P{i}"] = WorkFacts(
            id=f"P{i}",
            estate=f"E{i % 5}",
            name=f"{work}{i}",
            work=work,
            cost=pot + own + gap,
            item_class=item_class,
            quantity=Decimal("12.5") + i,
            unit=unit,
            others={SourceKind.RESIDENTS: own},
            geometry=None if geometry is None else geometry.wkb,
        )
    problem = Problem(
        years=(2027, 2028),
        projects=tuple(planned),
        pots=(
            Pot(
                id="c",
                name="中央补助",
                year=2027,
                amount=30_000_001,
                level=SourceKind.CENTRAL,
                classes=frozenset({ItemClass.BASIC}),
            ),
            Pot(id="d", name="区级专项", year=2027, amount=30_000_000, owner="区财政局"),
            Pot(id="l", name="福彩公益金", year=2028, amount=20_000_033, level=SourceKind.LOTTERY),
        ),
        locks=(Lock(project="P1", is_chosen=False, reason="现场不具备条件"),),
    )
    return programme_file(
        problem,
        plan_programme(problem),
        works,
        estates,
        PaperDetails(day=date(2026, 11, 20), office="区住建局", phone="0752-1", city="惠州市"),
        name="方案甲",
        language=language,
        digest="ab" * 32,
        synthetic=True,
        elderly_share=Fraction(2, 3),
        gini=Fraction(1, 4),
    )


@pytest.fixture(scope="module")
def paper() -> ProgrammeFile:
    return _sample()


def _book(data: bytes, *, values: bool = True):
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def _fen(value) -> int:
    amount = round((value or 0) * 1_000_000)
    assert (value or 0) == amount / 1_000_000, "no fraction of a fen stands in a cell"
    return amount


def _rows(sheet) -> list[dict]:
    head = [cell.value for cell in sheet[3]]
    return [dict(zip(head, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=4)]


def test_the_sample_says_something(paper):
    assert len(paper.works) > 8
    assert paper.left_out
    assert paper.gap
    assert set(paper.kinds) == {SourceKind.CENTRAL, SourceKind.DISTRICT, SourceKind.LOTTERY, SourceKind.RESIDENTS}
    for line in paper.works:
        assert sum(line.sources.values()) + line.gap == line.facts.cost


def test_every_cell_of_the_list_is_the_programme(paper):
    *rows, total = _rows(_book(works_list(paper)[2]).worksheets[0])
    assert [row["序号"] for row in rows] == list(range(1, len(paper.works) + 1))
    for row, line in zip(rows, paper.works, strict=True):
        assert row["小区名称"] == line.estate.name
        assert (row["县（区）"], row["街道"]) == (line.estate.county, line.estate.street)
        assert row["户数"] == line.estate.households
        assert row["建筑面积（㎡）"] == line.estate.floor_area_m2
        assert Decimal(str(row["数量"])) == line.facts.quantity
        assert Decimal(str(row["单价（元）"])) == line.unit_price
        assert _fen(row["投资（万元）"]) == line.facts.cost
        assert _fen(row["未落实资金（万元）"]) == line.gap
        assert row["列入原因"] == line.reason
        for kind in paper.kinds:
            heading = paper.phrase("column.source", source=_kind(kind))
            assert _fen(row[heading]) == line.sources.get(kind, 0)
    assert _fen(total["投资（万元）"]) == paper.investment
    assert _fen(total["未落实资金（万元）"]) == paper.gap
    assert paper.investment == sum(map(paper.source_total, paper.kinds)) + paper.gap


def _kind(kind: SourceKind) -> str:
    from renovation.text import text

    return text(f"source_kind.{kind.value}", "zh-CN")


def test_the_list_reads_on_paper_and_runs_nothing(paper):
    data = works_list(paper)[2]
    sheet = _book(data, values=False).worksheets[0]
    assert sheet.freeze_panes == "F4"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.print_area).endswith(f"{len(paper.works) + 4}")
    assert min(cell.font.size for row in sheet.iter_rows(min_row=3) for cell in row) >= 9
    # Nothing is reduced: two sheets across, the second from the first source of money on.
    head = [cell.value for cell in sheet[3]]
    assert sheet.page_setup.scale in (None, 100)
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_cols == "$A:$E"
    assert [at.id for at in sheet.col_breaks.brk] == [head.index("投资（万元）") + 1]
    names = [row["小区名称"] for row in _rows(sheet)]
    assert "=1+1 <花园>" in names
    formulas = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert {cell.row for cell in formulas} == {len(paper.works) + 4}


def test_a_list_that_fits_stands_on_one_sheet_and_no_column_is_too_narrow():
    numbers = [PrintColumn(heading="投资（万元）", shown=["12.50", "1,234.567891"]) for _ in range(3)]
    words = PrintColumn(heading="列入原因", shown=["长" * 400], least=100, most=280)
    few = lay_out([*numbers, words], repeated=1, split_at=2)
    assert not few.is_split
    assert few.widths[0] > 12 * 0.5 * POINTS
    assert few.widths[-1] == 280
    many = lay_out([*numbers * 9, words], repeated=1, split_at=14)
    assert many.is_split
    assert lines_of("长" * 400, 280) > lines_of("长" * 400, 560)


def test_totals_by_street_follow_from_the_lines(paper):
    data = works_list(paper)[2]
    *rows, total, check = _rows(_book(data).worksheets[1])
    assert len(rows) == len({(line.estate.county, line.estate.street) for line in paper.works})
    for row in rows:
        there = [x for x in paper.works if (x.estate.county, x.estate.street) == (row["县（区）"], row["街道"])]
        assert row["项目数"] == len(there)
        assert _fen(row["投资（万元）"]) == sum(line.facts.cost for line in there)
    assert sum(_fen(row["投资（万元）"]) for row in rows) == _fen(total["投资（万元）"]) == paper.investment
    assert check["投资（万元）"] == "一致"
    formulas = [cell.value for cell in _book(data, values=False).worksheets[1]["D"] if cell.data_type == "f"]
    assert all(name in formula for name, formula in zip(["SUMPRODUCT"] * len(rows), formulas, strict=False))


def test_the_roll_up_counts_estates_once_and_money_whole(paper):
    book = _book(roll_up(paper)[2])
    for sheet in book.worksheets[:4]:
        rows = _rows(sheet)
        total = next(row for row in rows if row["序号"] == "合计")
        lines = rows[: rows.index(total)]
        assert total["小区数"] == len(paper.estates)
        assert total["户数"] == paper.households
        assert total["项目数"] == sum(row["项目数"] for row in lines) == len(paper.works)
        assert sum(_fen(row["投资（万元）"]) for row in lines) == _fen(total["投资（万元）"]) == paper.investment
    *pots, total = _rows(book.worksheets[4])
    for row, pot in zip(pots, paper.pots, strict=True):
        named = ("额度", "其中以前年度结转", "此前已安排", "本计划安排资金", "结余")
        sums = [pot.amount, pot.carried, pot.before, pot.spent, pot.left]
        assert [_fen(row[f"{name}（万元）"]) for name in named] == sums
        assert pot.spent == sum(money for line in paper.works for name, money in line.payments if name == pot.id)
    assert _fen(total["本计划安排资金（万元）"]) == sum(pot.spent for pot in paper.pots)


@pytest.mark.parametrize("make", [works_list, roll_up])
def test_sums_of_a_workbook_are_in_one_unit(paper, make):
    headings = {cell.value for sheet in _book(make(paper)[2]).worksheets for cell in sheet[3] if cell.value}
    sums = {heading for heading in headings if heading.endswith("元）") and "单价" not in heading}
    assert sums
    assert all(heading.endswith("（万元）") for heading in sums)


def _tables(data: bytes) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in Document(io.BytesIO(data)).tables]


@pytest.mark.parametrize(("make", "at"), [(notice, 0), (memo, 2)])
def test_word_tables_say_what_the_programme_says(paper, make, at):
    head, *rows, total = _tables(make(paper)[2])[at]
    assert head[5].replace("\n", "") == "投资（万元）"
    for row, line in zip(rows, paper.works, strict=True):
        assert row[2] == line.estate.name
        assert row[5] == wan_digits(line.facts.cost)
        sources = re.findall(r"[\d.,]+$", row[6], re.MULTILINE)
        assert sum(Decimal(part.replace(",", "")) * 1_000_000 for part in sources) == line.facts.cost
    assert total[5] == wan_digits(paper.investment)


def test_the_memo_names_pots_reasons_and_decisions(paper):
    data = memo(paper)[2]
    words = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)
    assert f"总投资{wan_digits(paper.investment)}万元" in words
    assert "国办发〔2020〕23号" in words
    assert "第二百七十八条" in words
    assert "66.7%" in words
    # A digest belongs into the package, not on a paper that leaders read.
    assert paper.digest not in words
    _, pots, _, left_out = _tables(data)
    for row, pot in zip(pots[1:], paper.pots, strict=False):
        assert row[3:] == [wan_digits(sum_) for sum_ in (pot.amount, pot.carried, pot.before, pot.spent, pot.left)]
    assert [row[3] for row in left_out[1:]] == [one.reason for one in paper.left_out]
    assert any("现场不具备条件" in row[3] for row in left_out)


def test_the_notice_gives_every_project_its_reason_and_cites_no_longer_period_than_its_own(paper):
    _, inside, outside = _tables(notice(paper)[2])
    assert [row[3] for row in inside[1:]] == [one.reason for one in paper.works]
    assert [row[3] for row in outside[1:]] == [one.reason for one in paper.left_out]

    def words(days: int) -> str:
        posted = replace(paper, details=replace(paper.details, notice_days=days))
        return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(notice(posted)[2])).paragraphs)

    assert "30日" not in words(7)
    assert "30日" in words(22)


def test_word_files_keep_the_official_layout(paper):
    document = Document(io.BytesIO(notice(paper)[2]))
    page = document.sections[0]
    assert [round(m.mm) for m in (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)] == [
        37, 35, 28, 26,
    ]  # fmt: skip
    assert {run.font.name for paragraph in document.paragraphs for run in paragraph.runs} == {
        "方正小标宋简体", "仿宋", "黑体",
    }  # fmt: skip
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert "PAGE" in page.footer._element.xml
    assert "PAGE" in page.even_page_footer._element.xml


def test_layers_open_with_their_style(paper, tmp_path):
    path = tmp_path / "works.gpkg"
    path.write_bytes(works_layers(paper)[2])
    found = {}
    for name in ("改造项目_点", "改造项目_线"):
        meta, _, _, columns = raw.read(str(path), layer=name)
        fields = dict(zip(meta["fields"].tolist(), columns, strict=True))
        found |= dict(zip(fields["序号"].tolist(), fields["投资（万元）"].tolist(), strict=True))
    assert {number: round(cost * 1_000_000) for number, cost in found.items()} == {
        line.number: line.facts.cost for line in paper.works
    }
    with sqlite3.connect(path) as store:
        styles = store.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles ORDER BY id").fetchall()
    assert [name for name, _, _ in styles] == ["改造项目_点", "改造项目_线"]
    for _, style, default in styles:
        assert default
        assert all(words in style for words in ('attr="类别"', 'value="基础类"', 'fieldName="序号"'))


def test_the_map_is_to_scale_and_needs_no_network(paper):
    estate = next(one for one in paper.estates if one.key == "E1")
    road = shapely.LineString([(114.40, 23.0799), (114.41, 23.0799)]).wkb
    drawn = estate_map(paper, estate, MapSurroundings(roads=[road]))
    assert drawn is not None
    svg = drawn[2].decode()
    assert re.findall(r"https?://[^\"' ]+", svg) == ["http://www.w3.org/2000/svg"]
    scale = int(re.search(r"比例尺 1:(\d+)", svg)[1])
    length, metres = re.search(r'width="([\d.]+)" height="1.6" fill="none".*?>0<.*?>(\d+) m<', svg).groups()
    assert float(length) * scale / 1000 == pytest.approx(float(metres))
    for said in ("北", "图例", "CGCS2000", "审图号", "演示数据"):
        assert said in svg
    own = [line for line in paper.works if line.estate.key == "E1"]
    assert all(f">{line.number}<" in svg for line in own if line.facts.geometry)
    assert wan_digits(sum(line.facts.cost for line in own)) in svg


def test_a_card_shows_money_pictures_and_voices(paper):
    line = next(line for line in paper.works if line.gap)
    name, _, plain = case_card(paper, line)
    assert name.endswith(".docx")
    assert plain == case_card(paper, line)[2]
    pictures, money, room = _tables(plain)
    assert pictures[1] == ["（贴照片）", "（贴照片）"]
    assert money[-1] == ["合计", wan_digits(line.facts.cost)]
    assert ["未落实", wan_digits(line.gap)] in money
    assert sum(Decimal(row[1].replace(",", "")) for row in money[1:-1]) * 1_000_000 == line.facts.cost
    assert room == [[""]]
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), "#0B6E69").save(buffer, "PNG")
    photo = CardPhoto(mime_type="image/png", content=buffer.getvalue())
    broken = CardPhoto(mime_type="image/png", content=b"no picture")
    full = case_card(paper, line, CaseFacts(before=photo, after=broken, voices=["<b>好</b>"], why="长" * 900))[2]
    document = Document(io.BytesIO(full))
    (shape,) = document.inline_shapes
    assert shape.width / shape.height == pytest.approx(4 / 3, abs=0.001)
    assert round(shape.height.mm) == 54
    assert _tables(full)[0][1] == ["", "（贴照片）"]
    words = [paragraph.text for paragraph in document.paragraphs]
    assert "“<b>好</b>”" in words
    assert max(map(len, words)) <= 260


def test_the_package_is_equal_for_equal_programmes_and_its_manifest_holds(paper):
    name, _, data = programme_package(paper)
    assert data == programme_package(_sample())[2]
    # The workbooks' first bytes in a process are those of every later one, for nothing writes into the shared font.
    assert set(DEFAULT_FONT) == {"font_name", "font_size"}
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        rows = list(csv.DictReader(io.StringIO(archive.read("文件清单.csv").decode("utf-8-sig"))))
        assert {row["文件"] for row in rows} == set(archive.namelist()) - {"文件清单.csv"}
        for row in rows:
            assert hashlib.sha256(archive.read(row["文件"])).hexdigest() == row["SHA-256"]
        about = archive.read("说明.txt").decode("utf-8-sig")
    assert len(rows) == 6 + len(paper.estates) + len(paper.works)
    assert paper.digest in about
    assert "2026年11月20日" in about


def test_english_documents_have_every_sentence():
    files = programme_files(_sample("en"))
    assert any(name.startswith("maps/") for name in files)
    assert not any("}" in name for name in files)


def test_wan_is_exact():
    assert [wan_digits(fen) for fen in (0, 1, 1_000_000, 1_234_500, 1_234_567_891)] == [
        "0.00", "0.000001", "1.00", "1.2345", "1,234.567891",
    ]  # fmt: skip
