"""A ranking as a workbook or CSV: the list with ranks and reasons, the weights, how firm it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.model.ranking import Alternative, Criterion, SavedWeighting, Score
from renovation.rules.programme.ranking import Ranking, Table
from renovation.rules.programme.sensitivity import Firmness
from renovation.text import text
from renovation.text.ranking import doubt_texts, place_text, reason_text, swap_text
from renovation.text.units import unit_label


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSheet:
    """Everything the file says."""

    alternatives: Sequence[Alternative]
    table: Table
    ranking: Ranking
    second: Ranking
    firmness: Firmness
    saved: SavedWeighting


def ranking_file(sheet: RankingSheet, *, format_: str, language: str) -> Exported:
    """Return the ranking as ``xlsx`` or ``csv``; numbers in it are numbers."""
    name = text("ranking_file.name", language, subject=text(f"enum.Subject.{sheet.saved.subject.value}", language))
    headings, rows = _list(sheet, language)
    if format_ == "csv":
        return csv_table(name, headings, rows)
    return workbook(
        name,
        [
            TableSheet(name=text("ranking_file.list", language), headings=headings, rows=rows),
            _weights(sheet, language),
            _firmness(sheet, language),
        ],
    )


def _list(sheet: RankingSheet, language: str) -> tuple[list[str], list[list[Any]]]:
    columns = ("rank", "id", "name", "estate", "county", "street", "score", "best", "worst", "in_cut", "second")
    headings = [text(f"ranking_file.column.{column}", language) for column in columns]
    headings += [_heading(criterion, language) for criterion in sheet.table.criteria]
    headings.append(text("ranking_file.column.reason", language))
    known = {one.id: one for one in sheet.alternatives}
    by_id, second = sheet.ranking.by_id(), sheet.second.by_id()
    ranges = {one.id: one for one in sheet.firmness.ranges}
    values = dict(zip(sheet.table.ids, sheet.table.values.tolist(), strict=True))
    rows: list[list[Any]] = []
    for name in sheet.ranking.order:
        one, score, span = known[name], by_id[name], ranges.get(name)
        rows.append(
            [
                score.rank if score.rank is not None else place_text(score, language),
                name,
                one.name,
                one.estate,
                one.county,
                one.street,
                None if score.score is None else round(score.score, 6),
                span.best if span else None,
                span.worst if span else None,
                span.in_cut if span else None,
                second[name].rank,
                # What is not known stays an empty cell.
                *(None if value != value else value for value in values[name]),
                _reason(sheet, score, language),
            ]
        )
    return headings, rows


def _reason(sheet: RankingSheet, score: Score, language: str) -> str:
    return reason_text(score, sheet.table.criteria, sheet.ranking.shares, language)


def _heading(criterion: Criterion, language: str) -> str:
    if not criterion.unit or criterion.unit == "share":
        return criterion.name(language)
    return text("unit.of", language, name=criterion.name(language), unit=unit_label(criterion.unit, language))


def _weights(sheet: RankingSheet, language: str) -> TableSheet:
    columns = ("criterion", "share", "direction", "normalisation", "target", "missing", "source")
    shares = sheet.ranking.shares
    unknown = [sum(1 for row in sheet.table.values[:, j] if row != row) for j in range(len(sheet.table.criteria))]
    rows: list[list[Any]] = [
        [
            criterion.name(language),
            shares.get(criterion.code, 0.0),
            text(f"direction.{criterion.direction.value}", language),
            text(f"normalisation.{criterion.normalisation.value}", language),
            criterion.target,
            unknown[j],
            criterion.source,
        ]
        for j, criterion in enumerate(sheet.table.criteria)
    ]
    if sheet.saved.weighting.is_example:
        rows.append([text("weighting.example_note", language)])
    return TableSheet(
        name=text("ranking_file.weights", language),
        headings=[text(f"ranking_file.weight.{column}", language) for column in columns],
        rows=rows,
    )


def _firmness(sheet: RankingSheet, language: str) -> TableSheet:
    firm = sheet.firmness
    names = {one.id: one.name for one in sheet.alternatives}
    criteria = {criterion.code: criterion.name(language) for criterion in sheet.table.criteria}
    agreement = firm.agreement.same_in_cut
    rows: list[list[Any]] = [
        [text("ranking_file.firm.cut", language), firm.cut],
        [text("ranking_file.firm.runs", language), firm.runs],
        [text("ranking_file.firm.spread", language), firm.spread],
        [text("ranking_file.firm.seed", language), firm.seed],
        [text("ranking_file.firm.kendall", language), firm.agreement.kendall],
        [text("ranking_file.firm.same", language), agreement],
        [text("ranking_file.firm.swap", language), swap_text(firm.smallest_swap, criteria, names, language)],
    ]
    mind = text("ranking_file.firm.doubt", language)
    rows += [[mind, doubt] for doubt in doubt_texts(sheet.table, sheet.ranking.shares, language)]
    for one in firm.comparisons:
        said = text(
            "ranking_file.firm.changes",
            language,
            enters=tuple(names[name] for name in one.enters) or "—",
            leaves=tuple(names[name] for name in one.leaves) or "—",
        )
        rows.append([text(f"weighting.{one.name}", language), said])
    return TableSheet(
        name=text("ranking_file.firmness", language),
        headings=[text("ranking_file.firm.what", language), text("ranking_file.firm.value", language)],
        rows=rows,
    )
