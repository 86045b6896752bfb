"""One version everywhere, and the databases of each released one kept for the tests of later ones."""

import re
import tomllib

from renovation import __version__
from renovation.config import CHECKOUT

RELEASED = re.findall(r"^## (\d+\.\d+\.\d+) · \d{4}-\d\d-\d\d$", (CHECKOUT / "CHANGELOG.md").read_text("utf-8"), re.M)


def test_the_version_is_the_same_everywhere() -> None:
    said = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert said == __version__
    assert [__version__] == RELEASED[:1] or not RELEASED


def test_each_version_of_the_changelog_has_its_databases() -> None:
    kept = {file.name for file in (CHECKOUT / "tests" / "data" / "released").glob("*")}
    assert kept == {f"{version}-{kind}.zip" for version in RELEASED for kind in ("sqlite", "postgresql")}
