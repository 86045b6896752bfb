"""What clerks and strangers really feed an import: text tables, values and workbooks."""

from __future__ import annotations

import io
import time
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from renovation.imports.files.results import FileVerdict, Parsed, UnreadableError
from renovation.imports.files.values import values
from renovation.imports.register.estates import parse_estates
from renovation.text import Language, fault_text, text

HEADER = "小区编码,小区名称,户数,维修资金余额"


def parse(data: str | bytes, **options) -> Parsed:
    return parse_estates(data.encode() if isinstance(data, str) else data, datum="cgcs2000", **options)


def codes(parsed: Parsed) -> list[tuple[str, int | None, str | None]]:
    """Return faults as (code, row, column); each must have words in both languages, without code or path."""
    for fault in (*parsed.faults, *parsed.warnings):
        for language in Language:
            said = fault_text(fault, language)
            assert said
            assert "Traceback" not in said
            assert ".py" not in said
    for change in parsed.changes:
        assert text(f"change.{change.code}", "zh-CN", before=change.before, after=change.after)
    if parsed.faults:
        assert parsed.verdict is FileVerdict.REFUSE
        assert parsed.records == ()
    return [(f.code, f.row, f.column) for f in parsed.faults]


def one_cost(cost: str) -> Parsed:
    quoted = '"' + cost.replace('"', '""') + '"'
    return parse(f"{HEADER}\n001,糖厂三号,300,{quoted}\n")


def book(*rows, title="清单", prepare=None) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if prepare:
        prepare(made)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def rewritten(data: bytes, part: str, change) -> bytes:
    """Return a workbook with one part changed."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry, change(content) if entry.filename == part else content)
    return buffer.getvalue()


COLUMNS = ["小区编码", "小区名称", "户数", "维修资金余额"]
ROW = ["001", "糖厂三号", 300, 12000]


class TestTextTables:
    def test_utf8_with_and_without_mark_are_the_same(self):
        plain = f"{HEADER}\n001,糖厂三号,300,12000\n"
        assert parse(plain.encode("utf-8-sig")).records == parse(plain).records
        assert parse(plain).verdict is FileVerdict.OK

    def test_gb18030_with_a_four_byte_character(self):
        parsed = parse(f"{HEADER}\n001,𠮷祥花园,300,12000\n".encode("gb18030"))
        assert parsed.encoding == "GB18030"
        assert parsed.records[0].name == "𠮷祥花园"

    @pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
    def test_half_a_character_in_row_57(self, encoding):
        lines = [HEADER, *(f"{n:03},糖厂小区,300,12000" for n in range(2, 90))]
        rows = [line.encode(encoding) for line in lines]
        rows[56] = rows[56].replace("区".encode(encoding), "区".encode(encoding)[:-1])
        found = codes(parse(b"\n".join(rows)))
        assert found[0] == ("text.bad_encoding", 57, "小区名称")

    def test_decimal_commas_are_never_guessed(self):
        parsed = parse(f"{HEADER}\n001,糖厂三号,300,1.234,50\n".replace(",", ";").replace("1.234;50", "1.234,50"))
        assert codes(parsed) == [("value.decimal_comma", 2, "维修资金余额")]
        parsed = parse(f"{HEADER}\n001,糖厂三号,300,1.234\n".replace(",", ";"))
        assert codes(parsed) == [("value.decimal_comma", 2, "维修资金余额")]

    def test_quoted_lines_keep_the_spreadsheets_row_numbers(self):
        parsed = parse(f'{HEADER},备注\n001,糖厂三号,300,1,"第一行\n第二行""引""\n"\n002,群芳苑,x,1,\n')
        assert codes(parsed) == [("value.not_number", 3, "户数")]
        kept = parse(f'{HEADER},备注\n001,糖厂三号,300,1,"第一行\n第二行""引"""\n').records[0]
        assert kept.note == '第一行\n第二行"引"'

    def test_a_heading_twice(self):
        assert codes(parse("小区名称,户数,户数\na,1,2\n"))[0][0] == "column.repeated"
        assert codes(parse("小区名称,户数,总户数\na,1,2\n"))[0][0] == "column.duplicate"

    def test_empty_and_blank_files(self):
        assert codes(parse(b"")) == [("file.empty", None, None)]
        assert codes(parse("\n \n")) == [("file.empty", None, None)]
        assert codes(parse(f"{HEADER}\n"))[0][0] == "file.no_rows"

    def test_near_miss_headings(self):
        parsed = parse("小\u3000区 名称,户数\n糖厂三号,300\n")
        assert parsed.verdict is FileVerdict.OK_NORMALISED
        assert parsed.changes[0].code == "column.heading"
        missing = parse("小区名城,户数\n糖厂三号,300\n")
        assert codes(missing)[0][0] == "column.missing_near"
        assert "小区名城" in fault_text(missing.faults[0], "zh-CN")
        assert parse("小区名城,户数\n糖厂三号,300\n", mapping={"小区名城": "name"}).records[0].name == "糖厂三号"

    def test_an_open_quotation_mark(self):
        assert codes(parse(f'{HEADER}\n001,"糖厂,300,1\n'))[0][0] == "text.bad_quotes"

    def test_title_rows_totals_and_notes(self):
        parsed = parse(
            "惠城区老旧小区清单,,,\n单位：户,,,\n"
            + HEADER
            + "\n001,糖厂三号,300户,暂无数据\n,,,\n合计,,300,\n填表人：张,,,\n"
        )
        assert codes(parsed) == []
        assert parsed.rows == 1
        assert parsed.records[0].row == 4
        assert {c.code for c in parsed.changes} >= {"row.total", "row.note", "value.understood", "value.taken_as_empty"}

    def test_the_same_file_gives_the_same_answer(self):
        data = f"{HEADER}\n001,糖厂三号,x,1\n002,群芳苑,300,３.5万\n"
        assert parse(data) == parse(data)


class TestValues:
    @pytest.mark.parametrize(
        ("written", "yuan"),
        [
            ("12000", 12000), ("１２０００", 12000), ("3.5万", 35000), ("三万五", 35000),
            ("1,200", 1200), ("1，200", 1200),
            ("¥1,200.50元", Decimal("1200.5")), ("35 000", None), ("1.2亿元", 120_000_000),
        ],
    )  # fmt: skip
    def test_money_that_is_understood(self, written, yuan):
        parsed = one_cost(written)
        if yuan is None:
            assert codes(parsed) == [("value.not_number", 2, "维修资金余额")]
        else:
            assert codes(parsed) == []
            assert parsed.records[0].maintenance_fund_fen == yuan * 100
            assert parsed.verdict is (FileVerdict.OK if written == "12000" else FileVerdict.OK_NORMALISED)

    @pytest.mark.parametrize(
        ("written", "code"),
        [
            ("1_000", "value.not_number"), ("1e3", "value.not_number"), ("-500", "value.negative"),
            ("−500", "value.negative"),
            ("NaN", "value.not_number"), ("inf", "value.not_number"), ("1e999", "value.not_number"),
            ("9" * 5000, "value.too_long"),
            ("9" * 30, "value.too_large"), ("1.234,50", "value.decimal_comma"), ("0.001", "value.finer_than_fen"),
            ("1995年", "value.not_number"), ("300户", "value.not_number"), ("三万五万", "value.not_number"),
        ],
    )  # fmt: skip
    def test_money_that_is_refused(self, written, code):
        started = time.process_time()
        assert codes(one_cost(written)) == [(code, 2, "维修资金余额")]
        assert time.process_time() - started < 1

    def test_a_unit_in_the_heading_and_in_the_cell_counts_once(self):
        parsed = parse("小区名称,维修资金余额（万元）,建筑面积(万㎡)\na,3.5,1.2\nb,3.5万元,12000㎡\nc,35000元,1.2万\n")
        assert codes(parsed) == []
        assert {r.maintenance_fund_fen for r in parsed.records} == {3_500_000}
        assert {r.floor_area_m2 for r in parsed.records} == {Decimal(12000)}

    @pytest.mark.parametrize(
        ("written", "area"),
        [
            ("89.5㎡", "89.5"),
            ("89.5平方", "89.5"),
            ("0", None),
            ("-1", None),
            ("1000000000", None),
            ("１.2万㎡", "12000"),
        ],
    )
    def test_areas(self, written, area):
        parsed = parse(f"小区名称,建筑面积\n甲,{written}\n")
        if area is None:
            assert codes(parsed)[0][0] in ("value.no_area", "value.out_of_range", "value.negative")
        else:
            assert parsed.records[0].floor_area_m2 == Decimal(area)
            assert parsed.verdict is FileVerdict.OK_NORMALISED

    def test_hidden_characters_are_taken_out_and_shown(self):
        parsed = parse("小区名称\n电梯\u202e001\n")
        assert parsed.records[0].name == "电梯001"
        assert parsed.changes[0].code == "value.understood"

    @pytest.mark.parametrize(
        "name", ["👨\u200d👩\u200d👧", "🇨🇳花园", "𪚥苑", "e\u0301té", "ئۇيغۇر", "བོད་ཡིག", "<script>alert(1)</script>"]
    )
    def test_any_script_is_kept_verbatim(self, name):
        parsed = parse(f"小区名称\n{name}\n")
        assert parsed.records[0].name == name
        assert parsed.verdict is FileVerdict.OK

    @pytest.mark.parametrize(
        ("written", "year"),
        [("1995年", 1995), ("1995.6", 1995), ("1995年6月", 1995), ("95年", None), ("1995-1998", None)],
    )
    def test_years(self, written, year):
        parsed = parse(f"小区名称,建成年份\n甲,{written}\n")
        if year is None:
            assert codes(parsed) == [("value.not_year", 2, "建成年份")]
        else:
            assert parsed.records[0].built_year == year

    def test_choices_and_deficits(self):
        parsed = parse("小区名称,小区类型,管理方式,停车难,存在问题\n甲,房改房,无,√,屋面渗漏、飞线\n")
        assert codes(parsed) == []
        estate = parsed.records[0]
        assert (estate.estate_type, estate.management_form) == ("work_unit", "none")
        assert estate.deficits == {"parking", "roof_leak", "cables"}
        refused = codes(parse("小区名称,小区类型,停车难,存在问题\n甲,别墅,也许,风水\n"))
        assert [c for c, _, _ in refused] == ["value.unknown_choice", "value.not_yes_no", "value.unknown_choice"]

    def test_every_fault_of_a_file_is_listed(self):
        rows = "\n".join(f"{n},小区{n},x{n},-{n + 1}" for n in range(300))
        parsed = parse(f"{HEADER}\n{rows}\n")
        assert len(parsed.faults) == 501
        assert parsed.faults[-1].fields["count"] == 100
        codes(parsed)

    def test_one_line_for_one_value_in_many_rows(self):
        rows = "\n".join(f"{n},小区{n},许多,1" for n in range(400))
        (fault,) = parse(f"{HEADER}\n{rows}\n").faults
        assert (fault.row, fault.also) == (2, tuple(range(3, 402)))
        assert fault_text(fault, "zh-CN").startswith("第 2、3、4、5、")
        assert "（共 400 行）" in fault_text(fault, "zh-CN")
        assert "400 rows" in fault_text(fault, "en")

    def test_degrees_in_minutes_and_seconds(self):
        assert values.coordinate("114°24′36″")[0] == pytest.approx(114.41)
        assert values.coordinate("东经114度24分36秒")[0] == pytest.approx(114.41)

    def test_a_boolean_is_no_number(self):
        with pytest.raises(UnreadableError):
            values.number(True)


class TestWorkbooks:
    def test_a_plain_one(self):
        parsed = parse(book(COLUMNS, ROW))
        assert parsed.verdict is FileVerdict.OK
        assert parsed.sheet == "清单"
        assert parsed.records[0].maintenance_fund_fen == 1_200_000

    def test_a_formula_with_its_result(self):
        data = rewritten(
            book(COLUMNS, ["001", "甲", 1, "=1000+200"]),
            "xl/worksheets/sheet1.xml",
            lambda x: (
                x.replace(b"<v></v>", b"<v>1200</v>").replace(b"<v />", b"<v>1200</v>").replace(b"<v/>", b"<v>1200</v>")
            ),
        )
        assert parse(data).records[0].maintenance_fund_fen == 120_000

    def test_merged_cells_are_filled_down_and_shown(self):
        data = book(
            ["街道", "小区名称"], ["江北街道", "甲"], [None, "乙"], [None, "丙"], ["桥东街道", "丁"],
            prepare=lambda b: b.active.merge_cells("A2:A4"),
        )  # fmt: skip
        parsed = parse(data)
        assert [r.street for r in parsed.records] == ["江北街道"] * 3 + ["桥东街道"]
        assert [(c.code, c.before) for c in parsed.changes] == [("cells.merged", "A2:A4")]

    def test_two_sheets_alike_need_a_yes(self):
        def second(b):
            page = b.create_sheet("清单2")
            page.append(COLUMNS)
            page.append(ROW)

        data = book(COLUMNS, ROW, prepare=second)
        assert parse(data).verdict is FileVerdict.WARN
        assert codes(parse(data)) == []
        assert parse(data, layer="清单2").verdict is FileVerdict.OK
        assert parse(data, layer="清单2").sheet == "清单2"

    def test_hidden_sheets_are_not_read(self):
        def hide(b):
            b.create_sheet("空")
            b["清单"].sheet_state = "hidden"

        found = parse(book(COLUMNS, ROW, prepare=hide))
        assert codes(found)[0][0] == "file.empty"
        assert [change.before for change in found.changes if change.code == "sheet.hidden"] == [("清单",)]

    def test_400_000_cells_take_seconds(self):
        import xlsxwriter

        buffer = io.BytesIO()
        made = xlsxwriter.Workbook(buffer, {"constant_memory": True})
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["小区编码", "小区名称", "户数", *(f"其他{i}" for i in range(17))])
        for number in range(1, 20_001):
            sheet.write_row(number, 0, [f"E{number}", f"小区{number}", 300, *range(17)])
        made.close()
        started = time.process_time()
        parsed = parse(buffer.getvalue())
        assert len(parsed.records) == 20_000
        assert time.process_time() - started < 10
