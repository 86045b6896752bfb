"""What a file changes of what the store holds, in words."""

from __future__ import annotations

from renovation.model.accounts import Actor
from renovation.model.imports import ImportKind, RecordUpdate
from renovation.model.places import Change
from renovation.services.house.estate_sheets import change_lines
from renovation.services.register.places import list_areas
from renovation.store import Store
from renovation.text import Language, has_text, text

_ENUMS = {"category": "DemandCategory", "kind": "DemandKind"}


def update_text(
    store: Store, actor: Actor | None, kind: ImportKind, update: RecordUpdate, language: Language | str
) -> str:
    """Say what a row of a file changes of an estate, a demand or a facility the store holds."""
    if kind is ImportKind.ESTATES:
        named = {name for name in update.fields if name.endswith("_id")}
        names = {area.id: area.name for area in list_areas(store, actor)} if named else {}
        lines = change_lines(Change(at="", by="", fields=update.fields), names, language)
    else:
        lines = [
            text(
                "estate.file.change",
                language,
                field=text(f"{'demand' if kind is ImportKind.DEMANDS else 'facility'}.field.{field}", language),
                before=_said(field, before, language),
                after=_said(field, after, language),
            )
            for field, (before, after) in update.fields.items()
        ]
    known = f"{update.code} {update.name}" if kind is ImportKind.DEMANDS else update.name
    return text("change.register.update", language, name=known, lines=tuple(lines))


def _said(field: str, value: str, language: Language | str) -> str:
    key = f"enum.{_ENUMS[field]}.{value}" if field in _ENUMS else ""
    return text(key, language) if key and has_text(key) else value or text("estate.file.empty_value", language)
