"""What residents would give towards the renewal of their estate, by the newest survey of its doors: a forecast only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.surveys import BANDS, CONTRIBUTE, FormKind
from renovation.rules.surveys.figures import SurveyFigures
from renovation.rules.surveys.margins import Portion, portion
from renovation.services.doors import reading
from renovation.services.surveys.figures import figures_of, option_counts
from renovation.store import Store
from renovation.store.surveys import campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """A band of what households would give.

    Attributes
    ----------
    households
        How many of all households that is, were the others like those asked.
    low, high
        What they would give together, in fen.
    """

    band: str
    portion: Portion
    households: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What an estate's households would give, in fen; ``day`` is the survey's last."""

    estate_id: int
    estate: str
    survey_id: int
    survey: str
    day: date
    doors: int
    bands: tuple[Giving, ...]

    @property
    def giving(self) -> int:
        """How many households would give something."""
        return sum(one.households for one in self.bands)

    @property
    def low(self) -> int:
        """The least that all bands come to."""
        return sum(one.low for one in self.bands)

    @property
    def high(self) -> int:
        """What all bands come to where each household gives the most of its band."""
        return sum(one.high for one in self.bands)


def forecasts(store: Store, actor: Actor | None, estate_ids: tuple[int, ...] | None = None) -> tuple[Forecast, ...]:
    """Return what the households of surveyed estates in sight would give, of each by its newest survey of wishes."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found: dict[int, Forecast] = {}
        counted: dict[int, SurveyFigures] = {}
        for held in campaigns.surveys(door.connection):
            if held.draft.kind is not FormKind.OPINION:
                continue
            for estate_id in door.estates_in_sight(held.draft.estate_ids):
                if estate_id in found or (estate_ids is not None and estate_id not in estate_ids):
                    continue
                if held.id not in counted:
                    counted[held.id] = figures_of(door.connection, held, {CONTRIBUTE})
                figures = counted[held.id]
                asked, counts = option_counts(door.connection, held, figures, CONTRIBUTE, estate_id)
                if not asked:
                    continue
                doors = next(one.doors for one in figures.estates if one.id == estate_id)
                found[estate_id] = Forecast(
                    estate_id=estate_id,
                    estate=door.estate(estate_id).name,
                    survey_id=held.id,
                    survey=held.draft.name,
                    day=held.closed_on or min(held.draft.ends_on, today()),
                    doors=doors,
                    bands=tuple(_giving(band, counts.get(band, 0), asked, doors) for band in BANDS),
                )
    return tuple(sorted(found.values(), key=lambda one: one.estate))


def _giving(band: str, chose: int, asked: int, doors: int) -> Giving:
    low, high = BANDS[band]
    held = portion(chose, asked, doors)
    households = round(held.share * doors)
    return Giving(band=band, portion=held, households=households, low=low * households, high=high * households)
