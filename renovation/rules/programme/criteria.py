"""Values of the standard criteria from what is on file; what is not known stays unknown.

The formulas stand in words in ``data/criteria.csv``, beside names and directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from renovation.model.gates import GateResult, GateState
from renovation.model.items import Beneficiary, Item
from renovation.model.localities import DeficitRules
from renovation.model.places import Deficit, Estate, RenovationStatus
from renovation.model.projects import Project, ProjectStatus

#: Items that end a danger: found, they are done at once 立查立改 and not weighed against others.
URGENT_ITEMS = frozenset({"J03"})
#: Older counts no more; a building of 60 years is as old as this ranking can say.
_OLDEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is known of an estate or project; ``None`` where nothing is.

    Attributes
    ----------
    demands
        After duplicates are merged, record-only reports left out.
    votes, voters
        Of the residents' poll: households or adults, as the poll counts them.
    coverage_gain
        Households that come within reach of the facility through the project.
    safety_deficits, service_deficits, service_possible
        How many are on file, and how many kinds of service deficit there are.
    consent_share, survey_coverage
        Shares of households.
    readiness
        Preparations done as a share of those asked.
    residents_money, cost
        Fen.
    """

    id: str
    households: int | None = None
    demands: int | None = None
    votes: int | None = None
    voters: int | None = None
    vulnerable_households: int | None = None
    coverage_gain: int | None = None
    safety_deficits: int | None = None
    service_deficits: int | None = None
    service_possible: int | None = None
    built_year: int | None = None
    consent_share: Fraction | None = None
    survey_coverage: Fraction | None = None
    readiness: Fraction | None = None
    residents_money: int | None = None
    upkeep_agreed: bool | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What residents give to a project, in fen, and whether somebody has agreed to keep it in order."""

    residents_money: int
    upkeep_agreed: bool


#: Projects that can still be chosen.
OPEN_PROJECTS = (
    ProjectStatus.PRICED,
    ProjectStatus.IN_POLL,
    ProjectStatus.CHOSEN,
    ProjectStatus.NOT_CHOSEN,
    ProjectStatus.IN_PROGRAMME,
)
#: Estates that are done, being done or ruled out are not ranked.
RANKED_ESTATES = (RenovationStatus.SURVEYED, RenovationStatus.WILLING, RenovationStatus.LISTED)
_VULNERABLE = frozenset({Beneficiary.ALL, Beneficiary.ELDERLY, Beneficiary.DISABLED, Beneficiary.LOW_INCOME})


def figures_of_estate(one: Estate, demands: int, gates: Iterable[GateResult], rules: DeficitRules) -> Figures:
    """Return what an estate's own file says."""
    facts = one.facts
    # No deficit at all on an old estate that nobody has surveyed is a gap in the file, not a clean bill.
    is_surveyed = bool(facts.deficits) or facts.survey_coverage is not None
    answers = [gate.state for gate in gates]
    has_answers = any(state is not GateState.UNKNOWN for state in answers)
    vulnerable = None
    if facts.elderly_share is not None and facts.households is not None:
        vulnerable = round(facts.elderly_share * facts.households)
    return Figures(
        id=one.code,
        households=facts.households,
        demands=demands,
        vulnerable_households=vulnerable,
        safety_deficits=len(facts.deficits & rules.safety) if is_surveyed else None,
        service_deficits=len(facts.deficits & rules.service) if is_surveyed else None,
        service_possible=len(rules.service),
        built_year=facts.built_year,
        consent_share=facts.willingness,
        survey_coverage=facts.survey_coverage,
        readiness=Fraction(answers.count(GateState.PASS), len(answers)) if has_answers else None,
    )


def with_projects(estate: Figures, planned: Sequence[tuple[int, Paid | None]]) -> Figures:
    """Return an estate's figures with its projects' costs in fen and what is paid for each; unknown without projects.

    Without a project nothing has been asked of residents, and nothing has been priced.
    """
    if not planned:
        return estate
    return replace(
        estate,
        cost=sum(cost for cost, _ in planned),
        residents_money=sum(paid.residents_money for _, paid in planned if paid),
        upkeep_agreed=all(paid is not None and paid.upkeep_agreed for _, paid in planned),
    )


def figures_of_project(
    project: Project,
    estate: Figures,
    deficits: frozenset[Deficit],
    item: Item | None,
    rules: DeficitRules,
    *,
    demands: int,
    votes: tuple[int, int] | None = None,
    paid: Paid | None = None,
    coverage_gain: int | None = None,
) -> Figures:
    """Return what is known of a project, beside what it shares with its estate.

    Parameters
    ----------
    deficits
        Those on the estate's file: only what the item mends of them counts.
    item
        Tells whom it serves; the vulnerable households of the estate count where it serves them.
    votes
        Households (or adults) for it, and how many voted.
    """
    is_surveyed = estate.safety_deficits is not None
    mends = rules.mended(project.item_code, deficits)
    reaches = item is not None and bool(_VULNERABLE & set(item.beneficiaries))
    return replace(
        estate,
        id=project.code,
        demands=demands,
        votes=votes[0] if votes else None,
        voters=votes[1] if votes else None,
        vulnerable_households=estate.vulnerable_households if reaches else 0,
        coverage_gain=coverage_gain,
        safety_deficits=len(mends & rules.safety) if is_surveyed else None,
        service_deficits=len(mends & rules.service) if is_surveyed else None,
        residents_money=paid.residents_money if paid else None,
        upkeep_agreed=paid.upkeep_agreed if paid else None,
        cost=project.cost,
    )


def _ratio(part: int | None, whole: int | None, scale: int = 1) -> Fraction | None:
    return None if part is None or not whole else Fraction(part * scale, whole)


def _mean(*parts: Fraction | int | None) -> Fraction | None:
    known = [Fraction(part) for part in parts if part is not None]
    return sum(known, Fraction(0)) / len(known) if len(known) == len(parts) else None


def criterion_values(figures: Figures, *, year: int) -> dict[str, Fraction | int | None]:
    """Return the value of every standard criterion, in the year of the ranking."""
    age = None if figures.built_year is None else max(0, year - figures.built_year)
    paid = _ratio(figures.residents_money, figures.cost)
    upkeep = None if figures.upkeep_agreed is None else int(figures.upkeep_agreed)
    return {
        "demand_density": _ratio(figures.demands, figures.households, 100),
        "vote_share": _ratio(figures.votes, figures.voters),
        "households": figures.households,
        "vulnerable": _ratio(figures.vulnerable_households, figures.households),
        "coverage_gain": figures.coverage_gain,
        "safety_deficit": figures.safety_deficits,
        "service_deficit": figures.service_deficits,
        "age": age,
        "willingness": _mean(figures.consent_share, figures.survey_coverage),
        "readiness": figures.readiness,
        "contribution": _mean(None if paid is None else min(paid, Fraction(1)), upkeep),
        # Yuan, as the column's unit says.
        "cost_per_household": _ratio(figures.cost, None if figures.households is None else figures.households * 100),
        "age_deficit": _mean(
            None if age is None else Fraction(min(age, _OLDEST), _OLDEST),
            _ratio(figures.service_deficits, figures.service_possible),
        ),
    }


def value_columns(
    figures: Sequence[Figures],
    codes: Sequence[str],
    *,
    year: int,
    own: Mapping[str, Sequence[float | None]] | None = None,
) -> dict[str, list[float | None]]:
    """Return the columns a ranking table is built from: standard criteria by code, and own columns as given.

    Raises
    ------
    KeyError
        A code that is neither standard nor among the own columns.
    """
    rows = [criterion_values(one, year=year) for one in figures]
    columns: dict[str, list[float | None]] = {}
    for code in codes:
        if own is not None and code in own:
            columns[code] = list(own[code])
        else:
            columns[code] = [None if row[code] is None else float(row[code] or 0) for row in rows]
    return columns
