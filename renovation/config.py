"""What can be set from outside: environment variables that begin with ``RENOVATION_``."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from renovation.errors import InvalidError

#: The folder that holds ``app.py``, ``data/`` and ``static/``.
CHECKOUT = Path(__file__).resolve().parents[1]


class DoorKind(StrEnum):
    """Who may come in through this server process."""

    BOTH = "both"
    STAFF = "staff"
    RESIDENT = "resident"


class ProcessRole(StrEnum):
    """What one server process does: everything on a laptop, one of three tasks in a town."""

    ALL = "all"
    WEB = "web"
    STAFF = "staff"
    JOBS = "jobs"


class Configuration(BaseSettings):
    """Everything one server process or command line needs to know about its surroundings.

    Attributes
    ----------
    home
        Folder of the store, keys, photos and backups. Relative paths are taken from the checkout.
    database_url
        SQLAlchemy URL. Empty stands for the SQLite file ``<home>/store.sqlite``.
    door
        Which pages this process offers; the residents' door has no uploads and no staff pages.
    role
        What this process does in a town; ``renovation serve --role`` sets it.
    address, port
        Where the server listens.
    web_port, web_processes
        Where the first of a town's web processes listens, the others at the next ports, and how many there are.
    staff_processes
        How many of a town's processes serve staff: the first at ``port``, the others at the next ports. The proxy
        before them has to send a browser to the same one always.
    hosts
        Names, parted by commas, under which browsers reach this server; addresses and the machine's own name need none.
    residents_url
        What residents' phones open, as slips and posters carry it: ``https://vote.example``; empty (the default) is no
        voting by phone, and papers say so.
    oidc_issuer, oidc_client, oidc_secret, oidc_name
        The identity server (OpenID Connect) that staff sign in at, as it calls itself: ``https://sso.example``; how
        this tool is registered there; and what staff call it. Empty (the default) is none.
    staff_url
        What staff's browsers open, as the identity server sends them back to it: ``https://renovation.example``.
    tls_cert, tls_key
        Files of a certificate and its key (PEM); with both, the server speaks https alone.
    secrets
        Folder that a key vault fills (systemd credentials, a mounted secret): files named as these variables in small
        letters stand for them (``renovation_database_url``), and files named as keys come before those in the home.
    syslog
        A second system that each entry of the log goes to: ``/dev/log``, or ``host:port``; empty (the default) is none.
    logs, logs_days
        Folder of what the server says of itself (one JSON object a line, a file a day), and for how many days it is
        kept: six months at least. Without a folder it goes to the terminal alone.
    tile_url
        Template of an online base map (``https://…/{z}/{x}/{y}``); empty (the default) keeps every map on this machine.
    tile_attribution
        The sentence the owner of the tiles asks for.
    map_review_number
        审图号 shown under public maps.
    """

    model_config = SettingsConfigDict(env_prefix="RENOVATION_", frozen=True, extra="ignore")

    home: Path = CHECKOUT / ".renovation"
    database_url: str = ""
    door: DoorKind = DoorKind.BOTH
    address: str = "localhost"
    port: int = Field(default=8501, ge=1, le=65535)
    role: ProcessRole = ProcessRole.ALL
    web_port: int = Field(default=8601, ge=1, le=65000)
    web_processes: int = Field(default=2, ge=1, le=64)
    staff_processes: int = Field(default=1, ge=1, le=64)
    hosts: str = ""
    residents_url: str = ""
    staff_url: str = ""
    oidc_client: str = ""
    oidc_secret: SecretStr = SecretStr("")
    oidc_name: str = ""
    oidc_issuer: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    secrets: Path | None = None
    syslog: str = ""
    logs: Path | None = None
    logs_days: int = Field(default=200, ge=184, le=3660)
    tile_url: str = ""
    tile_attribution: str = ""
    map_review_number: str = ""

    @field_validator("residents_url", "staff_url")
    @classmethod
    def _is_web(cls, address: str) -> str:
        if address and not address.startswith(("https://", "http://")):
            raise ValueError(f"{address} is no address of a page")
        return address.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _is_complete(cls, issuer: str, held: ValidationInfo) -> str:
        """Take an identity server over TLS alone, or on this machine, and with what it needs to know."""
        if issuer and not issuer.startswith(("https://", "http://localhost:", "http://127.0.0.1:")):
            raise ValueError(f"{issuer} is no address over TLS")
        if issuer and not (held.data.get("oidc_client") and held.data.get("staff_url")):
            raise ValueError("oidc_client and staff_url go with it")
        return issuer

    @field_validator("secrets")
    @classmethod
    def _is_there(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"{folder} is no folder")
        return folder

    @model_validator(mode="after")
    def _complete(self) -> Self:
        home = (CHECKOUT / self.home.expanduser()).resolve()
        object.__setattr__(self, "home", home)
        for name in ("tls_cert", "tls_key"):
            if named := getattr(self, name):
                object.__setattr__(self, name, (CHECKOUT / named.expanduser()).resolve())
        if not self.database_url:
            object.__setattr__(self, "database_url", "sqlite:///" + (home / "store.sqlite").as_posix())
        return self

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file, which one server process at a time has open."""
        return self.database_url.startswith("sqlite")

    @property
    def town_ports(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Where a town's web processes listen, and where those of its staff do."""
        web = range(self.web_port, self.web_port + self.web_processes)
        return tuple(web), tuple(range(self.port, self.port + self.staff_processes))

    @property
    def has_tls(self) -> bool:
        """Whether this server speaks https."""
        return self.tls_cert is not None and self.tls_key is not None

    @property
    def host_names(self) -> frozenset[str]:
        """The names of ``hosts``, in small letters."""
        return frozenset(name.strip().lower() for name in self.hosts.split(",") if name.strip())

    @property
    def key_dir(self) -> Path:
        """Folder of the secrets that must not lie in the database (keys of voting codes)."""
        return self.home / "keys"

    @property
    def backup_dir(self) -> Path:
        """Folder of backups."""
        return self.home / "backups"

    @property
    def data_dir(self) -> Path:
        """Folder of the figures and boundaries that ship with the tool."""
        return CHECKOUT / "data"

    @property
    def static_dir(self) -> Path:
        """Folder that the app serves under ``app/static``."""
        return CHECKOUT / "static"

    @property
    def vendor_dir(self) -> Path:
        """Folder of the map's scripts and styles, copied from installed packages."""
        return self.static_dir / "vendor"

    @property
    def cache_dir(self) -> Path:
        """Folder of map data that browsers fetch by URL; may be emptied at any time."""
        return self.static_dir / "cache"


def read_settings() -> Configuration:
    """Read the settings from the environment.

    Raises
    ------
    InvalidError
        ``config.invalid``, naming the variable and its value.
    """
    vault = os.environ.get("RENOVATION_SECRETS", "")
    given: dict[str, Any] = {"_secrets_dir": vault} if vault and Path(vault).is_dir() else {}
    try:
        return Configuration(**given)
    except ValidationError as error:
        fault = error.errors()[0]
        name = "_".join(("RENOVATION", *(str(part).upper() for part in fault["loc"])))
        raise InvalidError("config.invalid", name=name, value=str(fault["input"])) from None


@cache
def settings() -> Configuration:
    """Return the settings of this process, read once."""
    return read_settings()
