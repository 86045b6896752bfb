"""Hostile names and hurried planners, past the parsers: numbers of docs/hostile-inputs.md."""

from __future__ import annotations

import io
import threading
import zipfile

import openpyxl
import pytest

from renovation.errors import ConflictError, RenovationError
from renovation.exports.register.places import PlaceFormat
from renovation.imports.demands.demands import parse_demands
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor
from renovation.model.demands import DemandFilter
from renovation.model.imports import ImportSource
from renovation.model.places import EstateFilter
from renovation.model.scope import EVERYWHERE
from renovation.services.demands.demands import count_demands, list_demands
from renovation.services.demands.exports import export_demands
from renovation.services.demands.imports import import_demands
from renovation.services.register import imports
from renovation.services.register.estates import find_estates
from renovation.services.register.exports import export_estates
from renovation.store import Store

RISKY = ("=1+1", "+1", "-甲", "@SUM(A1)", "＝1", "＋1", "－1", "＠1", "'=1", "''=1")
COMMENTS = ('=HYPERLINK("http://x","点我")', '=WEBSERVICE("http://x")', "=cmd|' /C calc'!A0", "<script>x</script>")
#: Emoji joined from several signs, a flag, a rare character, combining marks, and scripts written the other way.
SCRIPTS = ("👨\u200d👩\u200d👧", "🇨🇳花园", "𪚥苑", "e\u0301té", "ئۇيغۇر", "བོད་ཡིག")


@pytest.fixture
def city(sqlite_store: Store, planner: Actor) -> Store:
    # In streets of their own: =1 and ＝1 are one name.
    rows = "".join(f'E{n},"{name}",第{n}街,114.4{n:02},23.1\n' for n, name in enumerate((*RISKY, *SCRIPTS)))
    # Programs write a name that starts with = with an apostrophe before it; GeoJSON and people do not.
    data = f"编码,小区名称,街道,经度,纬度\n{rows}".encode()
    parsed = parse_estates(data, datum="cgcs2000")
    assert parsed.faults == ()
    imports.import_estates(sqlite_store, planner, parsed, source=ImportSource.of("e.csv", data))
    return sqlite_store


def _formulas(content: bytes) -> int:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return sum(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("format_", [PlaceFormat.XLSX, PlaceFormat.CSV, PlaceFormat.GEOJSON])
def test_hostile_names_leave_and_come_back(city: Store, planner: Actor, format_: PlaceFormat) -> None:
    """H071, H038: names a spreadsheet would run, and of any script, are the same after an export and an import."""
    held = {estate.code: estate.name for estate in find_estates(city, planner)}
    assert set(held.values()) >= set(SCRIPTS)
    _, _, content = export_estates(city, planner, EstateFilter(), format_, datum="cgcs2000")
    assert {row.code: row.name for row in parse_estates(content, datum="cgcs2000").records} == held
    if format_ is PlaceFormat.XLSX:
        assert _formulas(content) == 0
    if format_ is PlaceFormat.CSV:
        assert not [cell for line in content.decode("utf-8-sig").splitlines() for cell in line.split(",")
                    if cell.strip('"').startswith(("=", "@", "＝", "＋", "－", "＠"))]  # fmt: skip


def test_hostile_comments_are_inert_in_every_export(city: Store, planner: Actor) -> None:
    """H073: formulas in a resident's words run in no export, in no zip either."""
    import csv

    buffer = io.StringIO()
    csv.writer(buffer).writerows([["小区", "内容"], *(["𪚥苑", comment] for comment in COMMENTS)])
    data = buffer.getvalue().encode()
    parsed = parse_demands(data, datum="cgcs2000")
    import_demands(city, planner, parsed, source=ImportSource.of("d.csv", data))
    wanted = DemandFilter(scope=EVERYWHERE)
    assert {row.demand.text for row in list_demands(city, planner, wanted)} == set(COMMENTS)
    for format_ in PlaceFormat:
        content = export_demands(city, planner, wanted, format_)[2]
        parts = [content]
        if format_ not in (PlaceFormat.XLSX,) and zipfile.is_zipfile(io.BytesIO(content)):
            archive = zipfile.ZipFile(io.BytesIO(content))
            parts = [archive.read(name) for name in archive.namelist() if name.endswith(".csv")]
        if format_ is PlaceFormat.XLSX:
            assert _formulas(content) == 0
        elif format_ is PlaceFormat.CSV:
            for part in parts:
                assert b'"=HYPERLINK' not in part
                assert b",=" not in part


def test_two_planners_at_once_one_import_wins_whole(city: Store, planner: Actor) -> None:
    """H086: the same list twice, at once and later: one is kept whole, the other is told and may insist."""
    data = "小区,内容\n𪚥苑,一\n𪚥苑,二\n".encode()
    parsed, source = parse_demands(data, datum="cgcs2000"), ImportSource.of("d.csv", data)
    told: list[str] = []

    def take() -> None:
        try:
            import_demands(city, planner, parsed, source=source)
            told.append("kept")
        except RenovationError as error:
            told.append(error.code)

    runs = [threading.Thread(target=take) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(told) == ["import.same_file", "kept"]
    assert count_demands(city, planner, DemandFilter(scope=EVERYWHERE)) == 2
    with pytest.raises(ConflictError, match=r"import\.same_file"):
        import_demands(city, planner, parsed, source=source)
    assert import_demands(city, planner, parsed, source=source, again=True).imported == 2
