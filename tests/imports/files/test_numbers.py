"""A number is one from its first sign to its last, in digits as people type them; wherever a file holds numbers."""

from __future__ import annotations

import ast
import struct
from fractions import Fraction

import pytest
from hostile_files import book, rewritten
from hypothesis import given
from hypothesis import strategies as st
from odd_figures import OTHER_DIGITS

from renovation.config import CHECKOUT
from renovation.errors import ImportRefusedError, InvalidError
from renovation.imports.files.geodata.dbf import read_dbf
from renovation.imports.files.results import UnreadableError
from renovation.imports.files.values import days, values
from renovation.imports.polls.limits import read_limits
from renovation.imports.polls.pabulib import read_pabulib
from renovation.imports.polls.voter_groups import voter_groups
from renovation.imports.projects.catalogue import read_catalogue, read_default_weights
from renovation.imports.register.estates import parse_estates
from renovation.model.elections import Ballot, Voter
from renovation.model.money import fen_from_yuan
from renovation.rules.election.settings import exact_number
from renovation.rules.money.pricing import quantity_of
from renovation.rules.polls.paper import points_in

#: What makes a number no number: letters before or behind, a second one, a program's own spellings, other digits.
NOT_ONE = st.one_of(
    st.from_regex(r"[1-9][0-9]{0,3}(?:abc|;DROP|x| 34|,2,3|_000|\.\.1|e5x|--|#)", fullmatch=True),
    st.from_regex(r"(?:abc|x|0x|\$\$|v)[1-9][0-9]{0,3}", fullmatch=True),
    st.builds("{}{}".format, st.integers(1, 99), st.sampled_from(OTHER_DIGITS)),
    st.builds("{}{}".format, st.sampled_from(OTHER_DIGITS), st.integers(1, 99)),
    st.lists(st.sampled_from(OTHER_DIGITS), min_size=1, max_size=4).map("".join),
)
READERS = (values.number, values.whole, values.money, values.area, values.share, values.coordinate, days.year, days.day)


@given(NOT_ONE)
def test_no_reader_of_cells_takes_a_part_of_a_cell_for_its_number(written: str) -> None:
    for read in READERS:
        with pytest.raises(UnreadableError):
            read(written)
    for typed in (fen_from_yuan, quantity_of):
        with pytest.raises(InvalidError):
            typed(written)
    with pytest.raises(ValueError):
        exact_number(written)


@given(NOT_ONE.filter(lambda written: " " not in written and "," not in written))
def test_points_on_paper_are_taken_whole_or_not_at_all(written: str) -> None:
    with pytest.raises(InvalidError, match=r"paper\.points_unread"):
        points_in(f"5 {written} 3")
    assert points_in("5 ３、2,1") == (5, 3, 2, 1)


META = "META\nkey;value\nnum_projects;1\nnum_votes;1\nbudget;{budget}\nvote_type;approval\n"
PROJECTS = "PROJECTS\nproject_id;cost;latitude;longitude\n1;{cost};{lat};21\nVOTES\nvoter_id;vote\n1;1\n"
IN_PB = {"budget": "100", "cost": "10", "lat": "52"}


@pytest.mark.parametrize("name", IN_PB)
@given(NOT_ONE.filter(lambda written: not set(";\n") & set(written)))
def test_nor_does_an_election_file(name: str, written: str) -> None:
    content = (META + PROJECTS).format(**{**IN_PB, name: f'"{written}"'}).encode()
    with pytest.raises(ImportRefusedError):
        read_pabulib(content)


@given(NOT_ONE)
def test_nor_do_lists_of_a_locality(written: str) -> None:
    quoted = f'"{written}"'
    for read, content in (
        (
            read_default_weights,
            f"code,name_zh,name_en,direction,is_cash,source,weight_a\na,甲,a,higher,no,x,{quoted}\n",
        ),
        (lambda data: read_limits(data, scale=100), f"category;绿化;{quoted}\n"),
    ):
        with pytest.raises(ImportRefusedError):
            read(content.encode())  # type: ignore[operator]
    first, second, *_ = (CHECKOUT / "data" / "items-catalogue.csv").read_text("utf-8-sig").splitlines()
    at = first.split(",").index("unit_cost_low")
    cells = second.split(",")
    with pytest.raises(ImportRefusedError):
        read_catalogue("\n".join([first, ",".join([*cells[:at], quoted, *cells[at + 1 :]])]).encode())


@given(NOT_ONE.filter(str.isalnum))
def test_a_raw_cell_of_a_workbook_or_a_table_of_shapes_is_no_number_by_its_start(written: str) -> None:
    data = rewritten(
        book(["小区名称", "户数"], ["里仁", 4711]),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"4711", written.encode()),
    )
    assert [fault.code for fault in parse_estates(data, datum="wgs84").faults] != []


@pytest.mark.parametrize("written", ["1_000", "12abc", "1e5x", "0x10", "nan", "inf", "1.2.3", "--1"])
def test_a_number_field_of_a_dbf_keeps_as_words_what_is_none(written: str) -> None:
    head = struct.pack("<BBBBIHH20x", 3, 26, 1, 1, 1, 65, 11)
    field = b"N".ljust(11, b"\0") + b"N" + bytes(4) + bytes([10]) + bytes(15)
    assert read_dbf(head + field + b"\r " + written.encode().rjust(10)).rows == [[written]]


@given(st.from_regex(r"[0-9]{1,9}", fullmatch=True))
def test_an_age_is_read_to_its_end(age: str) -> None:
    groups = voter_groups(Voter(Ballot(()), {"age": one}) for one in (age, "20", "40"))
    known = set(groups["age"])
    assert known == {"18–29", "30–44"} or (len(age) <= 3 and int(age) <= 120)


@given(st.integers(1, 10**9), st.sampled_from(["{}", " {} ", "{}户", "约{}", "{:,}"]))
def test_what_people_type_is_still_read(number: int, pattern: str) -> None:
    wide = str.maketrans("0123456789,", "０１２３４５６７８９，")
    for written in (pattern.format(number), pattern.format(number).translate(wide)):
        assert values.whole(written)[0] == number
    assert exact_number(f"{number}/4") == Fraction(number, 4)


#: Where digits are counted or looked at and no number is made of them.
NO_NUMBERS = {"text/reasons.py", "rules/money/pledges.py", "exports/files/geodata.py"}
SOURCES = sorted((CHECKOUT / "renovation").rglob("*.py"))


def asks_of_digits(tree: ast.AST) -> list[tuple[str, int]]:
    return [
        (ast.unparse(node.func.value), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("isdigit", "isdecimal", "isnumeric")
    ]


def test_digits_of_other_scripts_are_nowhere_taken_for_digits() -> None:
    bare = []
    for file in SOURCES:
        name, source = str(file.relative_to(CHECKOUT / "renovation")), file.read_text("utf-8")
        for asked, line in [] if name in NO_NUMBERS else asks_of_digits(ast.parse(source)):
            if f"{asked}.isascii()" not in source:
                bare.append(f"{name}:{line}")
    assert not bare


def patterns_of(tree: ast.AST) -> list[tuple[ast.Call, str]]:
    return [
        (node, ast.unparse(node.args[0]))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.args
        and ast.unparse(node.func) in ("re.compile", "re.fullmatch", "re.match")
    ]


def test_patterns_of_numbers_in_readers_mean_ascii_digits() -> None:
    loose = []
    for file in sorted((CHECKOUT / "renovation" / "imports").rglob("*.py")):
        for node, pattern in patterns_of(ast.parse(file.read_text("utf-8"))):
            is_bytes = pattern.startswith(("b'", "rb'", 'b"'))
            takes_digits = r"\d" in pattern.replace("\\\\", "\\")
            if takes_digits and not is_bytes and "ASCII" not in ast.unparse(node):
                loose.append(f"{file.name}:{node.lineno} {pattern[:50]}")
    assert not loose, "\n".join(loose)
