"""The first page, the sign-in and the residents' pages open without the heavy half of the libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from renovation.config import CHECKOUT

#: Half a second to a second each to import; only pages with a map or a file of places need them.
HEAVY = ("geopandas", "pyogrio", "scipy", "folium", "streamlit_folium", "xlsxwriter", "docx")
#: Pages that everybody meets first; "app.py" is what a stranger sees at the address itself.
LIGHT = (
    "app.py",
    "pages/sign_in.py",
    "pages/home.py",
    "pages/kiosk.py",
    "pages/check_receipt.py",
    "pages/my_demand.py",
    "pages/station.py",
)
SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
for page in sys.argv[2:]:
    opened = AppTest.from_file(page, default_timeout=600).run()
    assert not opened.exception, (page, opened.exception)
    found = sorted(name for name in sys.argv[1].split(",") if name in sys.modules)
    assert not found, f"{page} imports {found}"
"""


def test_first_pages_import_none_of_the_heavy_libraries(tmp_path: Path, lay_store: Callable[[Path], Path]) -> None:
    lay_store(tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENOVATION_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, ",".join(HEAVY), *LIGHT],
        cwd=CHECKOUT,
        env=kept | {"RENOVATION_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
