"""The metadata every table hangs on, and the column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, UserDefinedType

from renovation.model.names import search_key

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Marks tables whose rows are over in an hour, and go into no copy of the store.
PASSING = {"passing": True}


def carried() -> list[sa.Table]:
    """Return the tables that a copy of the store carries, those that others name first."""
    return [table for table in metadata.sorted_tables if not table.info.get("passing")]


#: The one datum of the store: CGCS2000, degrees.
STORE_SRID = 4490
_SRID_FLAG = 0x20000000


class _PostGIS(UserDefinedType[bytes]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return f"geometry(Geometry,{STORE_SRID})"


def _order(wkb: bytes) -> Literal["little", "big"]:
    return "little" if wkb[0] == 1 else "big"


def _to_ewkb(wkb: bytes) -> bytes:
    order = _order(wkb)
    kind = int.from_bytes(wkb[1:5], order)
    if kind & _SRID_FLAG:
        return wkb
    return wkb[:1] + (kind | _SRID_FLAG).to_bytes(4, order) + STORE_SRID.to_bytes(4, order) + wkb[5:]


def _to_wkb(ewkb: bytes) -> bytes:
    order = _order(ewkb)
    kind = int.from_bytes(ewkb[1:5], order)
    if not kind & _SRID_FLAG:
        return ewkb
    return ewkb[:1] + (kind & ~_SRID_FLAG).to_bytes(4, order) + ewkb[9:]


class Geometry(TypeDecorator[bytes]):
    """WKB bytes in EPSG:4490: a blob on SQLite, a PostGIS geometry on PostgreSQL.

    PostGIS casts bytea to geometry on assignment and hands geometries back as hexadecimal EWKB, so no SQL function has
    to be wrapped around the column and the same statements serve both engines.
    """

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PostGIS())
        return dialect.type_descriptor(sa.LargeBinary())

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        if value is None:
            return None
        return _to_ewkb(value) if dialect.name == "postgresql" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> bytes | None:
        if value is None:
            return None
        return _to_wkb(bytes.fromhex(value)) if isinstance(value, str) else _to_wkb(bytes(value))


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a naive one is refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Share(TypeDecorator[Fraction]):
    """An exact share, written ``n/d``."""

    impl = sa.String(60)
    cache_ok = True

    def process_bind_param(self, value: Fraction | int | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else str(Fraction(value))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Fraction | None:
        return None if value is None else Fraction(value)


#: Fen overflow 32 bits at 21 million yuan.
Money = sa.BigInteger


def key_of(*columns: str, name: str = "") -> sa.Column[str]:
    """Return the column that keeps the key of a name (or of several, to search through) beside it.

    An insert fills it; an update takes it from :func:`renovation.store.rows.keys_of`.
    """

    def key(context: Any) -> str:
        given = context.get_current_parameters()
        return search_key(*(given.get(column) or "" for column in columns))

    return sa.Column(name or f"{columns[0]}_key", sa.Text, nullable=False, default=key, info={"key_of": columns})


def one_of(column: str, enum: type, *, name: str | None = None) -> sa.CheckConstraint:
    """Return the check that a text column holds a member of a ``StrEnum``."""
    allowed = ", ".join(f"'{member.value}'" for member in enum)  # type: ignore[attr-defined]
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=name or column)


def bounds() -> list[sa.Column[float]]:
    """Return the bounding-box columns that stand beside a geometry (degrees)."""
    return [sa.Column(name, sa.Float) for name in ("min_lon", "min_lat", "max_lon", "max_lat")]
