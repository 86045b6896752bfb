"""The two Word files of a programme: the notice 公示 for the board, and the memo 汇报 for the leaders' meeting."""

from __future__ import annotations

from collections.abc import Sequence

from renovation.exports.files.official import Block, Heading, OfficialPaper, PaperTable, Paragraph, official_docx
from renovation.exports.files.tables import Exported
from renovation.exports.programme.sheets import class_name, kind_name
from renovation.exports.programme.source import ProgrammeFile, WorkLine
from renovation.model.items import ItemClass
from renovation.model.workdays import WorkCalendar
from renovation.text.formats import format_count, format_date, format_list

#: Left-out projects named in the memo; the rest stand in the list.
_MOST_LEFT_OUT = 20
#: 《重大行政决策程序暂行条例》第十五条.
_DAYS_OF_A_MAJOR_DECISION = 30
_OF_A_POT = ("amount", "carried", "before", "spent", "left")


def notice(paper: ProgrammeFile) -> Exported:
    """Return the 公示 as a Word file: content, basis, period, how to object; no personal data."""
    phrase, details = paper.phrase, paper.details
    ends = details.notice_ends or details.counted(WorkCalendar()).notice_ends
    blocks: list[Block] = [
        Paragraph(phrase("notice.opening", span=paper.span, **_summary(paper))),
        Heading(phrase("notice.works")),
        _works_table(paper),
        *_reasons(paper),
        Paragraph(phrase("notice.facts", facts=_facts_day(paper)) + (paper.batch_words if paper.batches else "")),
        Heading(phrase("notice.money")),
        Paragraph(_money_sentence(paper)),
        Heading(phrase("notice.basis")),
        *_basis(paper, posted=details.notice_days),
        Heading(phrase("notice.period")),
        Paragraph(phrase("notice.period_line", days=details.notice_days, start=details.begins, end=ends)),
        Paragraph(
            phrase(
                "notice.object",
                office=details.office or phrase("office_default"),
                phone=details.phone or phrase("phone_default"),
            )
        ),
        Paragraph(phrase("notice.decision")),
    ]
    return _official(paper, phrase("notice.title", span=paper.span, city=details.city), blocks)


def memo(paper: ProgrammeFile) -> Exported:
    """Return the memo for the leaders' meeting: what is proposed, from what money, who is left out, what to decide."""
    phrase = paper.phrase
    blocks: list[Block] = [
        Heading(phrase("memo.basis")),
        *_basis(paper),
        Heading(phrase("memo.proposal")),
        Paragraph(phrase("memo.opening", span=paper.span, **_summary(paper))),
        Paragraph(
            phrase(
                "memo.how",
                objective=phrase(f"objective.{paper.objective}"),
                facts=_facts_day(paper),
            )
        ),
        Paragraph(paper.batch_words),
        _class_table(paper),
        Heading(phrase("memo.money")),
        Paragraph(_money_sentence(paper)),
        _pot_table(paper),
        Heading(phrase("memo.works")),
        _works_table(paper),
        Heading(phrase("memo.reach")),
        Paragraph(_reach(paper)),
        Heading(phrase("memo.left_out")),
        *_left_out(paper),
        Heading(phrase("memo.decide")),
        *(Paragraph(phrase(f"memo.decide_{number}", gap=paper.digits(paper.gap))) for number in _decisions(paper)),
    ]
    return _official(paper, phrase("memo.title", span=paper.span, city=paper.details.city), blocks)


def _official(paper: ProgrammeFile, title: str, blocks: Sequence[Block]) -> Exported:
    return official_docx(
        OfficialPaper(
            title=title,
            blocks=blocks,
            office=paper.details.office or paper.phrase("office_default"),
            day=paper.details.day,
            day_words=format_date(paper.details.day, paper.language),
            warning=paper.warning,
        )
    )


def _facts_day(paper: ProgrammeFile) -> str:
    return paper.phrase("facts_day", facts=paper.facts_day)


def _summary(paper: ProgrammeFile) -> dict[str, object]:
    return {
        "works": len(paper.works),
        "estates": len(paper.estates),
        "households": paper.households,
        "cost": paper.digits(paper.investment),
    }


def _basis(paper: ProgrammeFile, *, posted: int | None = None) -> list[Block]:
    """Return what the paper rests on; one that is posted for fewer days cites no rule that asks for thirty."""
    is_long = posted is None or posted * 7 >= _DAYS_OF_A_MAJOR_DECISION * 5
    given = paper.details.basis or tuple(paper.phrase(f"basis.{number}") for number in range(1, 5 if is_long else 4))
    return [Paragraph(line) for line in given]


def _reasons(paper: ProgrammeFile) -> list[Block]:
    """Return why each project is in, and why each other one is not."""
    blocks: list[Block] = [
        Paragraph(paper.phrase("notice.reasons")),
        PaperTable(
            headings=[paper.phrase(f"column.{name}") for name in ("number", "estate", "work", "reason")],
            rows=[[str(one.number), one.estate.name, one.facts.name, one.reason] for one in paper.works],
            widths=(12, 30, 36, 78),
            numbers=frozenset({0}),
        ),
    ]
    if paper.left_out:
        blocks.append(Paragraph(paper.phrase("notice.left_out", count=len(paper.left_out))))
        blocks.append(_left_out_table(paper, len(paper.left_out)))
    return blocks


def _money_sentence(paper: ProgrammeFile) -> str:
    parts = [
        paper.phrase("money.part", source=kind_name(paper, kind), money=paper.digits(paper.source_total(kind)))
        for kind in paper.kinds
    ]
    joined = format_list(parts, paper.language) or paper.phrase("money.none")
    said = paper.phrase("money.line", cost=paper.digits(paper.investment), parts=joined)
    return said + (paper.phrase("money.gap", money=paper.digits(paper.gap)) if paper.gap else "")


def _sources(paper: ProgrammeFile, line: WorkLine) -> str:
    parts = [
        f"{kind_name(paper, kind)} {paper.digits(line.sources[kind])}" for kind in paper.kinds if kind in line.sources
    ]
    if line.gap:
        parts.append(f"{paper.phrase('column.gap_short')} {paper.digits(line.gap)}")
    return "\n".join(parts)


def _works_table(paper: ProgrammeFile) -> PaperTable:
    names = ("number", "street", "estate", "work", "households_short", "cost", "sources", "time")
    rows = [
        [
            str(line.number),
            line.estate.street,
            line.estate.name,
            line.facts.name,
            "" if line.estate.households is None else format_count(line.estate.households, paper.language),
            paper.digits(line.facts.cost),
            _sources(paper, line),
            "\n".join(filter(None, (line.facts.starts or str(line.year), line.facts.ends))),
        ]
        for line in paper.works
    ]
    total = ["", paper.phrase("total"), "", "", "", paper.digits(paper.investment), "", ""]
    return PaperTable(
        headings=[paper.phrase(f"column.{name}") for name in names],
        rows=[*rows, total],
        widths=(10.5, 16.5, 21, 21.5, 12.5, 20, 36.5, 17.5),
        points=9,
        numbers=frozenset({0, 4, 5}),
        last_is_total=True,
    )


def _class_table(paper: ProgrammeFile) -> PaperTable:
    rows = []
    for one in (*ItemClass, None):
        lines = [line for line in paper.works if line.facts.item_class is one]
        if lines:
            cost = sum(line.facts.cost for line in lines)
            rows.append([class_name(paper, one) or paper.phrase("no_class"), str(len(lines)), paper.digits(cost)])
    rows.append([paper.phrase("total"), str(len(paper.works)), paper.digits(paper.investment)])
    return PaperTable(
        headings=[paper.phrase(f"column.{name}") for name in ("item_class", "works", "cost")],
        rows=rows,
        widths=(60, 40, 56),
        numbers=frozenset({1, 2}),
        last_is_total=True,
    )


def _pot_table(paper: ProgrammeFile) -> PaperTable:
    rows = [
        [
            pot.name,
            str(pot.year),
            kind_name(paper, pot.level),
            *(paper.digits(getattr(pot, name)) for name in _OF_A_POT),
        ]
        for pot in paper.pots
    ]
    sums = [paper.digits(sum(getattr(pot, name) for pot in paper.pots)) for name in _OF_A_POT]
    return PaperTable(
        headings=[paper.phrase(f"column.{name}") for name in ("pot", "year", "level", *_OF_A_POT)],
        rows=[*rows, [paper.phrase("total"), "", "", *sums]],
        widths=(32, 12, 17, 19, 19, 19, 19, 19),
        numbers=frozenset({1, 3, 4, 5, 6, 7}),
        last_is_total=True,
    )


def _reach(paper: ProgrammeFile) -> str:
    said = paper.phrase("memo.reach_line", **_summary(paper))
    if paper.elderly_share is not None:
        said += paper.phrase("memo.elderly", share=paper.elderly_share)
    if paper.gini is not None:
        said += paper.phrase("memo.gini", gini=f"{float(paper.gini):.2f}")
    if paper.streets_without:
        names = tuple(paper.streets_without)
        said += paper.phrase("memo.without", count=len(paper.streets_without), names=names)
    return said


def _left_out(paper: ProgrammeFile) -> list[Block]:
    if not paper.left_out:
        return [Paragraph(paper.phrase("memo.none_left_out"))]
    shown = paper.left_out[:_MOST_LEFT_OUT]
    line = paper.phrase("memo.left_out_line", count=len(paper.left_out), shown=len(shown))
    return [Paragraph(line), _left_out_table(paper, len(shown))]


def _left_out_table(paper: ProgrammeFile, most: int) -> PaperTable:
    return PaperTable(
        headings=[paper.phrase(f"column.{name}") for name in ("estate", "work", "cost", "why_not")],
        rows=[
            [one.estate.name, one.facts.name, paper.digits(one.facts.cost), one.reason] for one in paper.left_out[:most]
        ],
        widths=(30, 36, 27, 63),
        numbers=frozenset({2}),
    )


def _decisions(paper: ProgrammeFile) -> list[str]:
    return ["list", "notice", *(["gap"] if paper.gap else []), "upkeep"]
