"""Areas, estates and what stands in them."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.model.photos import PhotoKind
from renovation.model.places import AreaLevel, Deficit, EstateType, ManagementForm, RenovationStatus
from renovation.store.schema.base import (
    Geometry,
    Money,
    Share,
    UtcMoment,
    bounds,
    key_of,
    metadata,
    one_of,
)

area = sa.Table(
    "area",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("level", sa.String(12), nullable=False),
    sa.Column("code", sa.String(30), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("area.id"), index=True),
    sa.Column("geometry", Geometry),
    *bounds(),
    sa.UniqueConstraint("level", "code"),
    one_of("level", AreaLevel),
    sa.Index("ix_area_bounds", "level", "min_lon", "max_lon", "min_lat", "max_lat"),
    # The widest outline, which says how far from a point bounds can begin that still reach it.
    sa.Index("ix_area_width", "level", sa.text("(max_lon - min_lon)")),
)

#: Acts by hand on the hierarchy, each with what takes it back (``store/register/area_journal.py``).
area_act = sa.Table(
    "area_act",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("steps", sa.JSON, nullable=False),
    sa.Column("undone_at", UtcMoment),
)

estate = sa.Table(
    "estate",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    key_of("name"),
    key_of("name", "code", "address", name="search_key"),
    sa.Column("county_id", sa.Integer, sa.ForeignKey("area.id"), index=True),
    sa.Column("street_id", sa.Integer, sa.ForeignKey("area.id"), index=True),
    sa.Column("community_id", sa.Integer, sa.ForeignKey("area.id"), index=True),
    sa.Column("grid_id", sa.Integer, sa.ForeignKey("area.id"), index=True),
    sa.Column("address", sa.String(200), nullable=False, default=""),
    sa.Column("built_year", sa.Integer),
    sa.Column("estate_type", sa.String(20)),
    sa.Column("management_form", sa.String(30)),
    sa.Column("no_committee_reason", sa.String(200), nullable=False, default=""),
    sa.Column("buildings", sa.Integer),
    sa.Column("units", sa.Integer),
    sa.Column("households", sa.Integer),
    sa.Column("floor_area_m2", sa.Float),
    sa.Column("elderly_share", Share),
    sa.Column("floors_without_lift", sa.Integer),
    sa.Column("maintenance_fund", Money),
    sa.Column("disputes", sa.String(500), nullable=False, default=""),
    sa.Column("old_trees", sa.Integer),
    sa.Column("heritage", sa.String(200), nullable=False, default=""),
    sa.Column("willingness", Share),
    sa.Column("survey_coverage", Share),
    sa.Column("status", sa.String(20), nullable=False),
    # What it was before a batch, a programme or works took it; NULL while nothing holds it.
    sa.Column("own_status", sa.String(20)),
    sa.Column("note", sa.Text, nullable=False, default=""),
    # The deficits present now, "|pipes|parking|": lists and maps read it instead of the newest rows of estate_deficit.
    sa.Column("deficits", sa.String(400), nullable=False, default=""),
    sa.Column("geometry", Geometry),
    *bounds(),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("import_record.id"), index=True),
    sa.Column("synthetic", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    one_of("estate_type", EstateType),
    one_of("management_form", ManagementForm),
    one_of("status", RenovationStatus),
    one_of("own_status", RenovationStatus),
    sa.Index("ix_estate_bounds", "min_lon", "max_lon", "min_lat", "max_lat"),
    sa.Index("ix_estate_name_key", "name_key"),
    sa.Index("ix_estate_width", sa.text("(max_lon - min_lon)")),
)

#: Found present or absent, by whom and when; the newest row of a deficit counts.
estate_deficit = sa.Table(
    "estate_deficit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("deficit", sa.String(30), nullable=False),
    sa.Column("present", sa.Boolean, nullable=False),
    sa.Column("collected_on", sa.Date, nullable=False),
    sa.Column("collector", sa.String(60), nullable=False),
    one_of("deficit", Deficit),
)

estate_change = sa.Table(
    "estate_change",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
)

#: Works of the past and the money they took (fen; NULL where nobody knows).
estate_work = sa.Table(
    "estate_work",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("what", sa.String(200), nullable=False),
    sa.Column("cost", Money),
    sa.Column("source", sa.String(120), nullable=False, default=""),
    sa.Column("added_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
)

building = sa.Table(
    "building",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("estate_id", sa.Integer, sa.ForeignKey("estate.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(40), nullable=False),
    key_of("name"),
    sa.Column("floors", sa.Integer),
    sa.Column("has_lift", sa.Boolean),
    sa.Column("geometry", Geometry),
    *bounds(),
    sa.UniqueConstraint("estate_id", "name_key"),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("building_id", sa.Integer, sa.ForeignKey("building.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.UniqueConstraint("building_id", "name"),
)

#: A door, never a person: no name, no phone.
household = sa.Table(
    "household",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("unit_id", sa.Integer, sa.ForeignKey("unit.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("number", sa.String(20), nullable=False),
    sa.UniqueConstraint("unit_id", "number"),
)

#: Base layer of the map when there is no network, and the net that walking distances follow.
road = sa.Table(
    "road",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, default=""),
    sa.Column("rank", sa.Integer, nullable=False, default=3),
    sa.Column("geometry", Geometry, nullable=False),
    *bounds(),
    sa.Column("import_id", sa.Integer, sa.ForeignKey("import_record.id"), index=True),
    sa.CheckConstraint("rank BETWEEN 1 AND 3", name="rank"),
    sa.Index("ix_road_bounds", "min_lon", "max_lon", "min_lat", "max_lat"),
)

#: Pictures lie in the database so that every backup carries them; each belongs to exactly one owner.
photo = sa.Table(
    "photo",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(
        sa.Column(f"{owner}_id", sa.Integer, sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"), index=True)
        for owner in ("estate", "demand", "project")
    ),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("caption", sa.String(200), nullable=False, default=""),
    sa.Column("taken_on", sa.Date),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("added_at", UtcMoment, nullable=False),
    sa.Column("login", sa.String(60), nullable=False),
    sa.Column("thumbnail", sa.LargeBinary, nullable=False),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),
    one_of("kind", PhotoKind),
    sa.CheckConstraint(
        "(estate_id IS NOT NULL AND demand_id IS NULL AND project_id IS NULL)"
        " OR (estate_id IS NULL AND demand_id IS NOT NULL AND project_id IS NULL)"
        " OR (estate_id IS NULL AND demand_id IS NULL AND project_id IS NOT NULL)",
        name="one_owner",
    ),
)
