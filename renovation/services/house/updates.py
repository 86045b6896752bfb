"""What a file changes of what the store holds, in words."""

from __future__ import annotations

from renovation.model.accounts import Actor
from renovation.model.areas import AreaEffects
from renovation.model.funding import SourceKind
from renovation.model.imports import ImportKind, RecordUpdate
from renovation.model.places import Change
from renovation.model.projects import CostBasis
from renovation.services.house.estate_sheets import change_lines
from renovation.services.register.places import list_areas
from renovation.store import Store
from renovation.text import Language, has_text, text
from renovation.text.formats import format_list, format_yuan

#: Where the fields of what a file changes are named.
_NOUNS = {
    ImportKind.AREAS: "area",
    ImportKind.BUILDINGS: "building",
    ImportKind.DEMANDS: "demand",
    ImportKind.FACILITIES: "facility",
    ImportKind.POTS: "pot",
    ImportKind.PROJECTS: "project",
    ImportKind.SOURCES: "funding",
}
_ENUMS = {"category": "DemandCategory", "kind": "DemandKind"}
#: Estates and accounts that a sentence names.
_NAMED = 8


def update_text(
    store: Store, actor: Actor | None, kind: ImportKind, update: RecordUpdate, language: Language | str
) -> str:
    """Say what a row of a file changes of an area, an estate, a demand or a facility the store holds."""
    if kind is ImportKind.ESTATES:
        named = {name for name in update.fields if name.endswith("_id")}
        names = {area.id: area.name for area in list_areas(store, actor)} if named else {}
        lines = change_lines(Change(at="", by="", fields=update.fields), names, language)
    else:
        lines = [
            text(
                "estate.file.change",
                language,
                field=_field(kind, field, language),
                before=_said(kind, field, before, language),
                after=_said(kind, field, after, language),
            )
            for field, (before, after) in update.fields.items()
        ]
    known = f"{update.code} {update.name}" if kind is ImportKind.DEMANDS else update.name
    return text("change.register.update", language, name=known, lines=tuple(lines))


def effect_lines(effects: AreaEffects, language: Language | str) -> list[str]:
    """Say line by line what a change of the hierarchy of areas does, by names."""
    lines = [
        text("area.effect.made", language, name=one.name, after=" › ".join(one.after))
        if one.after
        else text("area.effect.made_top", language, name=one.name)
        for one in effects.made
    ]
    lines += [text("area.effect.joined", language, name=name, other=other) for name, other in effects.joined]
    nowhere = text("area.effect.nowhere", language)
    lines += [
        text(
            "area.effect.moved",
            language,
            name=one.name,
            before=" › ".join(one.before) or nowhere,
            after=" › ".join(one.after) or nowhere,
        )
        for one in effects.moved
    ]
    for noun, names in (("estates", effects.estates), ("accounts", effects.accounts)):
        if names:
            more = "…" if len(names) > _NAMED else ""
            said = format_list((*names[:_NAMED], more) if more else names, str(language))
            lines.append(text(f"area.effect.{noun}", language, count=len(names), names=said))
    return lines


def _field(kind: ImportKind, field: str, language: Language | str) -> str:
    """Return what a field is called; what a project costs and who pays go by their own names."""
    keys = (f"{_NOUNS[kind]}.field.{field}", f"project.column.{field}", f"enum.CostBasis.{field}")
    return text(next((key for key in keys if has_text(key)), f"source_kind.{field}"), language)


#: What a project costs and who pays, what a pot holds and a source promises, in fen.
_MONEY = {"cost", "amount", "project_cap", "pledged", *CostBasis, *SourceKind}
_OF_MONEY = (ImportKind.PROJECTS, ImportKind.POTS, ImportKind.SOURCES)
#: Where the words of a field stand that names one or several of a kind.
_WORDS = {"level": "source_kind", "classes": "item_class"}


def _said(kind: ImportKind, field: str, value: str, language: Language | str) -> str:
    if kind in _OF_MONEY and field in _MONEY and value:
        return format_yuan(int(value), str(language))
    if kind is ImportKind.POTS and value:
        words = _WORDS.get(field)
        parts = value.split("|")
        return format_list([text(f"{words}.{one}", language) for one in parts] if words else parts, str(language))
    key = f"enum.{_ENUMS[field]}.{value}" if field in _ENUMS else ""
    return text(key, language) if key and has_text(key) else value or text("estate.file.empty_value", language)
