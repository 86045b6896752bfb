"""A ranking in sentences: where a line stands and what put it there, and what would change the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renovation.model.ranking import Criterion, Score
from renovation.rules.programme.ranking import Table
from renovation.rules.programme.sensitivity import NOISE, WeightSwap, doubts
from renovation.text import Language, text
from renovation.text.formats import format_list, format_percent

#: So many criteria speak for a line, and so many against it.
_NAMED = 2
#: A normalised value counts as high or low from here.
_HIGH, _LOW = 0.6, 0.3
#: Below a twentieth of a percentage point the two stand level for every practical purpose.
_LEVEL = 0.0005


def place_text(score: Score, language: Language | str) -> str:
    """Say where a line stands: its rank, or why it has none."""
    if score.bypasses:
        return text("command.planning.bypass", language)
    return text("command.planning.unranked", language) if score.rank is None else str(score.rank)


def reason_text(
    score: Score, criteria: Sequence[Criterion], shares: Mapping[str, float], language: Language | str
) -> str:
    """Say what carries a line, what holds it back, and what is not known of it."""
    if score.bypasses:
        return text("ranking_reason.bypass", language)
    names = {criterion.code: criterion.name(language) for criterion in criteria if shares.get(criterion.code)}
    missing = tuple(names[code] for code in score.missing if code in names)
    if score.score is None:
        return text("ranking_reason.unranked", language, names=missing)
    known = [(code, value) for code, value in score.normalised.items() if code in names and value is not None]
    strong = sorted((one for one in known if one[1] >= _HIGH), key=lambda one: -one[1] * shares[one[0]])[:_NAMED]
    weak = sorted((one for one in known if one[1] <= _LOW), key=lambda one: (one[1] - 1) * shares[one[0]])[:_NAMED]
    parts = []
    for key, found in (("strong", strong), ("weak", weak)):
        if found:
            parts.append(text(f"ranking_reason.{key}", language, names=tuple(names[code] for code, _ in found)))
    if missing:
        parts.append(text("ranking_reason.missing", language, names=missing))
    if not parts:
        parts.append(text("ranking_reason.middling", language))
    return format_list(parts, str(language), clauses=True)


def swap_text(
    swap: WeightSwap | None, criteria: Mapping[str, str], names: Mapping[str, str], language: Language | str
) -> str:
    """Say which smallest change of one weight swaps somebody across the cut line."""
    if swap is None:
        return text("firmness.no_swap", language)
    fields = {"entering": names[swap.entering], "leaving": names[swap.leaving]}
    if abs(swap.change) < _LEVEL:
        return text("ranking_swap.level", language, **fields)
    return text(
        "ranking_swap.change",
        language,
        criterion=criteria[swap.criterion],
        share=f"{100 * swap.share:.2f}",
        after=f"{100 * swap.share_after:.2f}",
        **fields,
    )


def share_text(share: float | None, language: Language | str) -> str:
    """Write a share, or a dash where there is none."""
    return "—" if share is None else format_percent(share, str(language))


def doubt_texts(table: Table, shares: Mapping[str, float], language: Language | str) -> list[str]:
    """Say what the figures cannot carry: criteria that hardly differ, and what most have not got."""
    found = doubts(table, shares)
    names = {criterion.code: criterion.name(language) for criterion in table.criteria}
    said = []
    if found.narrow:
        listed = tuple(names[code] for code in found.narrow)
        said.append(text("firmness.narrow", language, names=listed, limit=NOISE))
    if found.sparse:
        said.append(text("firmness.sparse", language, names=tuple(names[code] for code in found.sparse)))
    if found.mostly_unknown:
        said.append(text("firmness.mostly_unknown", language, share=found.unknown))
    return said
