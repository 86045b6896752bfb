"""The catalogue of renovation items 改造内容 and the price books that say what they cost where and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.money import fen
from renovation.model.names import is_blank

#: Signs of a unit.
_UNIT_LIMIT = 20


class ItemClass(StrEnum):
    """The three classes of 国办发〔2020〕23号; the first is done wherever needed and not voted away."""

    BASIC = "basic"
    IMPROVEMENT = "improvement"
    ENHANCEMENT = "enhancement"


class GeometryKind(StrEnum):
    """What a planner draws for the item."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


class Beneficiary(StrEnum):
    """Who gains from an item."""

    ALL = "all"
    ELDERLY = "elderly"
    CHILDREN = "children"
    DISABLED = "disabled"
    LOW_INCOME = "low_income"
    TENANTS = "tenants"
    VEHICLE_OWNER = "vehicle_owner"
    EBIKE_USER = "ebike_user"
    WOMEN = "women"
    TOP_FLOOR = "top_floor"
    HIGH_FLOOR = "high_floor"
    LOW_FLOOR = "low_floor"


class Measure(StrEnum):
    """Where an item's quantity comes from: the drawing, or a person."""

    AREA_M2 = "area_m2"
    LENGTH_M = "length_m"
    COUNT = "count"
    TYPED = "typed"


#: Units counted shape by shape when a polygon is drawn; households, staircases, bays and years are typed.
_COUNTED_UNITS = frozenset({"处", "座", "台", "片", "个", "盏", "株", "件", "套", "樘", "组", "点"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A kind of work, as the catalogue lists it.

    Attributes
    ----------
    unit
        As printed: ㎡, m, 户, 盏 …
    unit_cost_low, unit_cost_high
        Fen per unit.
    cost_basis, assumed
        What the price rests on; ``assumed`` is true while nobody has confirmed a source for it.
    depends_on
        Codes that go first *if both are chosen* (underground before paving). Not a requirement.
    conflicts_with
        Codes that compete for the same ground or are an alternative. Asks for a choice, forbids nothing.
    departments
        Who is responsible, lead first.
    own
        Added by the locality beside the catalogue: no price book holds it, and each project brings its cost along.
    """

    code: str
    name_zh: str
    name_en: str
    item_class: ItemClass
    unit: str
    unit_cost_low: int
    unit_cost_high: int
    cost_basis: str
    assumed: bool
    beneficiaries: tuple[Beneficiary, ...]
    geometry: GeometryKind
    indoor: bool = False
    depends_on: tuple[str, ...] = ()
    conflicts_with: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    source: str = ""
    own: bool = False

    def __post_init__(self) -> None:
        if not self.code:
            raise InvalidError("item.no_code", name=self.name_zh)
        if fen(self.unit_cost_low) > fen(self.unit_cost_high):
            raise InvalidError("item.cost_reversed", item=self.code)
        if self.code in self.depends_on or self.code in self.conflicts_with:
            raise InvalidError("item.names_itself", item=self.code)

    def name(self, language: str) -> str:
        """Return the name in a language of the catalogue."""
        return self.name_en if str(language) == "en" else self.name_zh

    @property
    def measure(self) -> Measure:
        """Tell what of the drawing gives the quantity.

        A line priced by the square metre (a path, a mural) lacks its width, so a person types it.
        """
        if self.unit == "㎡":
            return Measure.AREA_M2 if self.geometry is GeometryKind.POLYGON else Measure.TYPED
        if self.unit == "m":
            return Measure.LENGTH_M if self.geometry is GeometryKind.LINE else Measure.TYPED
        if self.unit in _COUNTED_UNITS and self.geometry is not GeometryKind.LINE:
            return Measure.COUNT
        return Measure.TYPED


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnItem:
    """Works that no catalogue lists, as a locality names them; projects name them like any other item."""

    name: str
    unit: str
    item_class: ItemClass = ItemClass.IMPROVEMENT

    def __post_init__(self) -> None:
        if is_blank(self.name):
            raise InvalidError("item.own_name")
        if is_blank(self.unit) or len(self.unit) > _UNIT_LIMIT:
            raise InvalidError("item.own_unit", limit=_UNIT_LIMIT)

    def as_item(self, code: str) -> Item:
        """Return the item under a code; what it costs each project says itself."""
        return Item(
            code=code,
            name_zh=self.name,
            name_en=self.name,
            item_class=self.item_class,
            unit=self.unit,
            unit_cost_low=0,
            unit_cost_high=0,
            cost_basis="",
            assumed=False,
            beneficiaries=(Beneficiary.ALL,),
            geometry=GeometryKind.POINT,
            own=True,
        )


#: How the shipped catalogue begins the source of a price that nobody has looked up.
ASSUMPTION = "assumption"


def is_source(text: str) -> bool:
    """Tell whether a text names where a price comes from, so that the price can be confirmed."""
    return bool(text) and not text.startswith(ASSUMPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """What one unit of an item costs in a price book, in fen.

    Attributes
    ----------
    low, likely, high
        Fen per unit, ``low <= likely <= high``.
    source, day
        Where the price comes from and of which day; both are needed to confirm it.
    confirmed
        A person with the role has looked at the source. Until then every total says "assumption".
    """

    code: str
    low: int
    likely: int
    high: int
    source: str = ""
    day: date | None = None
    confirmed: bool = False

    def __post_init__(self) -> None:
        if not fen(self.low) <= fen(self.likely) <= fen(self.high):
            raise InvalidError("price.not_in_order", item=self.code)
        if self.confirmed and not (is_source(self.source) and self.day):
            raise InvalidError("price.confirmed_without_source", item=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """The prices of one locality and year."""

    locality: str
    year: int
    entries: tuple[PriceEntry, ...]
    by_code: Mapping[str, PriceEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code = {entry.code: entry for entry in self.entries}
        if len(by_code) != len(self.entries):
            codes = [entry.code for entry in self.entries]
            raise InvalidError("price.twice", item=next(code for code in codes if codes.count(code) > 1))
        object.__setattr__(self, "by_code", by_code)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """List the codes whose price is still an assumption."""
        return tuple(entry.code for entry in self.entries if not entry.confirmed)


class BenchmarkBasis(StrEnum):
    """What a cost band is divided by."""

    PER_M2 = "per_m2"
    PER_HOUSEHOLD = "per_household"
    PER_ESTATE = "per_estate"
    PER_PROJECT = "per_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A band of known costs, in fen per unit of its basis."""

    code: str
    basis: BenchmarkBasis
    low: int
    high: int
    scope_zh: str
    scope_en: str
    source: str

    def __post_init__(self) -> None:
        if fen(self.low) > fen(self.high):
            raise InvalidError("price.not_in_order", item=self.code)

    def scope(self, language: str) -> str:
        """Name what the band is for."""
        return self.scope_en if str(language) == "en" else self.scope_zh
