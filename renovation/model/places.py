"""The hierarchy of places: city › county › street › community › grid › estate › building › unit › household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.money import MAX_FEN
from renovation.model.names import is_blank
from renovation.model.scope import EVERYWHERE, Scope


class AreaLevel(StrEnum):
    """Levels above the estate, from wide to narrow."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


class Datum(StrEnum):
    """What a file's coordinates refer to; asked, never guessed. ``PROJECTED`` needs an EPSG code beside it."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    PROJECTED = "projected"


class EstateType(StrEnum):
    """How the estate came to be: 单位房改房, 商品房, 直管公房, 混合."""

    WORK_UNIT = "work_unit"
    COMMODITY = "commodity"
    PUBLIC = "public"
    MIXED = "mixed"


class ManagementForm(StrEnum):
    """Who may sign for the estate: 业委会, 物管会, 居委代行, 物业公司, 无."""

    OWNERS_COMMITTEE = "owners_committee"
    MANAGEMENT_COMMITTEE = "management_committee"
    RESIDENTS_COMMITTEE = "residents_committee"
    PROPERTY_COMPANY = "property_company"
    NONE = "none"


class Deficit(StrEnum):
    """What is missing or broken, after the 城市体检 indicators for dwellings and estates."""

    STAIR_HAZARD = "stair_hazard"
    PIPES = "pipes"
    ROOF_LEAK = "roof_leak"
    FACADE = "facade"
    FIRE_ACCESS = "fire_access"
    LIGHTING = "lighting"
    DRAINAGE = "drainage"
    CABLES = "cables"
    ACCESSIBILITY = "accessibility"
    PARKING = "parking"
    EBIKE_CHARGING = "ebike_charging"
    GREEN_SPACE = "green_space"
    ELDERLY_SERVICES = "elderly_services"
    CHILDREN_SPACE = "children_space"
    WASTE_SORTING = "waste_sorting"


class RenovationStatus(StrEnum):
    """Where the estate stands in the programme."""

    SURVEYED = "surveyed"
    WILLING = "willing"
    LISTED = "listed"
    IN_WORKS = "in_works"
    DONE = "done"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A place above the estate. ``geometry`` is WKB in EPSG:4490 or ``None``."""

    id: int
    level: AreaLevel
    code: str
    name: str
    parent_id: int | None = None
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDraft:
    """An area before the store has given it an id. ``geometry`` is WKB in EPSG:4490 or ``None``."""

    level: AreaLevel
    code: str
    name: str
    parent_id: int | None = None
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeficitRecord:
    """A deficit found present or absent, by whom and when."""

    deficit: Deficit
    present: bool
    collected_on: date
    collector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateFacts:
    """What the file of an estate says, without its identity.

    Attributes
    ----------
    floor_area_m2
        Dwelling floor area in square metres.
    elderly_share
        Share of residents of 60 and over, 0..1.
    maintenance_fund
        Balance of the 维修资金 in fen.
    """

    address: str = ""
    built_year: int | None = None
    estate_type: EstateType | None = None
    management_form: ManagementForm | None = None
    no_committee_reason: str = ""
    buildings: int | None = None
    units: int | None = None
    households: int | None = None
    floor_area_m2: float | None = None
    elderly_share: Fraction | None = None
    floors_without_lift: int | None = None
    maintenance_fund: int | None = None
    disputes: str = ""
    old_trees: int | None = None
    heritage: str = ""
    willingness: Fraction | None = None
    survey_coverage: Fraction | None = None
    status: RenovationStatus = RenovationStatus.SURVEYED
    deficits: frozenset[Deficit] = frozenset()
    note: str = ""

    def __post_init__(self) -> None:
        if self.built_year is not None and not 1900 <= self.built_year <= 2100:
            raise InvalidError("estate.built_year", value=self.built_year)
        for name in ("buildings", "units", "households", "floors_without_lift", "old_trees", "maintenance_fund"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidError("estate.negative", field=name, value=value)
        if self.floor_area_m2 is not None and not 0 < self.floor_area_m2 < 1e8:
            raise InvalidError("estate.floor_area", value=self.floor_area_m2)
        for name in ("elderly_share", "willingness", "survey_coverage"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise InvalidError("estate.share", field=name, value=str(share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """A residential estate 小区 and its file.

    ``geometry`` is a (Multi)Polygon as WKB, EPSG:4490; a Point while only its place is known; or ``None``.
    """

    id: int
    code: str
    name: str
    facts: EstateFacts
    county_id: int | None = None
    street_id: int | None = None
    community_id: int | None = None
    grid_id: int | None = None
    geometry: bytes | None = None
    synthetic: bool = False
    version: int = 1

    @property
    def place(self) -> Scope:
        """The estate with every area it lies in."""
        return Scope(
            county_id=self.county_id,
            street_id=self.street_id,
            community_id=self.community_id,
            grid_id=self.grid_id,
            estate_id=self.id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateDraft:
    """An estate before the store has given it an id; ``geometry`` as in :class:`Estate`."""

    code: str
    name: str
    facts: EstateFacts
    county_id: int | None = None
    street_id: int | None = None
    community_id: int | None = None
    grid_id: int | None = None
    geometry: bytes | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        if is_blank(self.name):
            raise InvalidError("estate.name_missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingDraft:
    """A building with the doors of its stairwells: unit name → household numbers."""

    estate_id: int
    name: str
    floors: int | None = None
    has_lift: bool | None = None
    geometry: bytes | None = None
    doors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A building 楼栋 of an estate; ``geometry`` is WKB in EPSG:4490."""

    id: int
    estate_id: int
    name: str
    floors: int | None = None
    has_lift: bool | None = None
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stairwell:
    """A stairwell 单元 of a building."""

    id: int
    building_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household 户: a door, never a person."""

    id: int
    unit_id: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePlace:
    """An estate with the names of the areas it lies in ("" where unknown)."""

    id: int
    name: str
    county: str
    street: str
    community: str

    @property
    def names(self) -> frozenset[str]:
        """Return every name a pot may go by, from the district down to the estate."""
        return frozenset(name for name in (self.county, self.street, self.community, self.name) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateFilter:
    """What a planner narrows the estate map to. Empty tuples do not narrow."""

    scope: Scope = EVERYWHERE
    query: str = ""
    types: tuple[EstateType, ...] = ()
    management_forms: tuple[ManagementForm, ...] = ()
    statuses: tuple[RenovationStatus, ...] = ()
    deficits: tuple[Deficit, ...] = ()
    built_from: int | None = None
    built_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateFigures:
    """What a filter's estates add up to; ``unknown`` facts count as nothing."""

    estates: int
    buildings: int
    households: int
    floor_area_m2: float
    without_outline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A road or path of the base layer: LineString WKB in EPSG:4490, ``rank`` 1 (main) to 3 (lane)."""

    name: str
    rank: int
    geometry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of an estate's file: field → (before, after), by whom and when (UTC)."""

    at: str
    by: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityDraft:
    """A facility before the store has given it an id.

    Attributes
    ----------
    kind
        What it is, as the locality calls it (养老服务站, 充电棚 …).
    code
        The locality's own code; may be empty.
    lon, lat
        Degrees, EPSG:4490.
    synthetic
        Invented for the demonstration.
    """

    kind: str
    name: str = ""
    code: str = ""
    lon: float
    lat: float
    synthetic: bool = False

    def __post_init__(self) -> None:
        if is_blank(self.kind):
            raise InvalidError("facility.kind_missing")
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidError("facility.place", name=self.name or self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A facility in the store; see :class:`FacilityDraft`."""

    id: int
    kind: str
    name: str
    code: str
    lon: float
    lat: float
    synthetic: bool = False


FIRST_YEAR = 1950
MAX_WHAT = 200
MAX_SOURCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateWorkDraft:
    """Works as somebody writes them down.

    Attributes
    ----------
    year
        The year they were finished.
    cost
        Money spent in fen; ``None`` where nobody knows.
    source
        Who paid, and where that is written ("维修资金，2019年决算").
    """

    estate_id: int
    year: int
    what: str
    cost: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= 2100:
            raise InvalidError("estate_work.year", value=self.year, first=FIRST_YEAR)
        if is_blank(self.what):
            raise InvalidError("estate_work.what_missing")
        if len(self.what) > MAX_WHAT or len(self.source) > MAX_SOURCE:
            raise InvalidError("estate_work.too_long", limit=MAX_WHAT if len(self.what) > MAX_WHAT else MAX_SOURCE)
        if "\x00" in self.what + self.source:
            raise InvalidError("estate_work.text_nul")
        if self.cost is not None and not 0 <= self.cost <= MAX_FEN:
            raise InvalidError("estate_work.cost", value=self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateWork:
    """Works on file; ``login`` wrote them down at ``added_at`` (UTC)."""

    id: int
    draft: EstateWorkDraft
    added_at: datetime
    login: str
