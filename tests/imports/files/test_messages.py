"""Everything an import can say has words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import renovation.imports
from renovation.geo.checks import GeometryProblem
from renovation.model.names import fold
from renovation.text import has_text

_FAULT = re.compile(r'(?:UnreadableError|\.fault|\.warn|Fault)\(\s*"([a-z0-9_.]+)"')
_CHANGE = re.compile(r'\.change\(\s*"([a-z0-9_.]+)"')


def _sources() -> str:
    folder = Path(renovation.imports.__file__).parent
    wings = ("files", "register", "demands")
    return "\n".join(
        file.read_text(encoding="utf-8") for wing in wings for file in sorted((folder / wing).rglob("*.py"))
    )


def test_every_fault_and_change_has_words():
    source = _sources()
    faults = set(_FAULT.findall(source)) | {f"geometry.{problem.value}" for problem in GeometryProblem}
    changes = set(_CHANGE.findall(source)) | {"more", "value.understood", "value.taken_as_empty"}
    assert len(faults) > 60
    assert {code for code in faults if not has_text(f"fault.{code}")} == set()
    assert {code for code in changes if not has_text(f"change.{code}")} == set()


def test_headings_are_known_by_one_field_each():
    for module in ("register.estates", "demands.demands", "register.facilities", "register.streets"):
        fields = __import__(f"renovation.imports.{module}", fromlist=["FIELDS"]).FIELDS
        seen: dict[str, str] = {}
        for field in fields:
            for heading in (field.name, *field.headings):
                folded = fold(heading)
                assert seen.setdefault(folded, field.name) == field.name, (module, heading)
