"""What the documentation says about the checkout is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from renovation.config import CHECKOUT
from renovation.text import Language, catalogue

DOCS = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
#: A path as the documents write it, from the checkout, from ``renovation/``, or from ``docs/``.
_PATH = re.compile(r"(?<![\w/.:-])((?:\w[\w.-]*/)+(?:\w[\w.-]*\w)?)(?![\w/*…])")
_ENDS = ("/", ".py", ".md", ".toml", ".js")
_FROM = (CHECKOUT, CHECKOUT / "renovation", CHECKOUT / "docs")


def _paths(text: str) -> set[str]:
    named = {found for quoted in re.findall(r"`([^`\n]+)`", text) for found in _PATH.findall(quoted)}
    rooms = {folder.name for root in _FROM[:2] for folder in root.iterdir() if folder.is_dir()}
    return {path for path in named if path.endswith(_ENDS) or path.split("/")[0] in rooms}


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_path_in_a_document_is_there(document: Path) -> None:
    named = _paths(document.read_text(encoding="utf-8"))
    assert sorted(path for path in named if not any((root / path).exists() for root in _FROM)) == []


def test_the_table_of_wings_is_the_house() -> None:
    """A room has a wing exactly where the table says what lies there."""
    text = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in text.splitlines() if line[:1] == "|"]
    head = rows.index(next(row for row in rows if row[0] == "wing"))
    rooms, told = rows[head][1:], {}
    for wing, *cells in rows[head + 2 : head + 2 + 10]:
        for room, cell in zip(rooms, cells, strict=True):
            for folder in re.findall(r"`\w+/(\w+)/`", cell) or [wing]:
                if cell != "—":
                    told[room, folder] = cell
    shared = {path.rstrip("/") for path in _paths(text[text.index("Beside the wings") : text.index("## One of each")])}
    there = {
        (room, folder.name)
        for room in rooms
        for folder in (CHECKOUT / "renovation" / room).iterdir()
        if (folder / "__init__.py").is_file() and f"{room}/{folder.name}" not in shared
    }
    assert told.keys() == there


def test_the_readmes_ten_minutes_name_pages_as_the_screen_does() -> None:
    tour = (CHECKOUT / "README.md").read_text(encoding="utf-8").split("## Ten minutes")[1].split("\n## ")[0]
    pages = {entry[Language.ZH] for key, entry in catalogue().items() if key.startswith("page.")}
    bold = [name for name in re.findall(r"\*\*([^*]+)\*\*", tour) if re.search(r"[一-鿿]", name)]
    assert len(bold) > 10
    assert not [name for name in bold if name not in pages]
    said = {entry[Language.ZH] for entry in catalogue().values()}
    assert not [name for name in re.findall(r"“([^”]+)”", tour) if name not in said]
