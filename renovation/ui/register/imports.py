"""Take a file in: choose it, state its datum, match its columns, see everything that is wrong, then save or undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.files.headings import headings_of
from renovation.imports.files.located import Extent
from renovation.imports.files.results import Parsed, Place
from renovation.model.accounts import Actor, may
from renovation.model.areas import LEVELS
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, files_of
from renovation.model.intake import Subtype
from renovation.model.jobs import JobKind, LongWork
from renovation.model.places import AreaLevel, Datum
from renovation.services.demands.demands import subtypes
from renovation.services.house import jobs
from renovation.services.house.files import KINDS, FileTask, TakenIn, area_of, parse_list
from renovation.services.house.updates import effect_lines, update_text
from renovation.services.register import imports
from renovation.text.formats import format_moment
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.findings import (
    change_table,
    corrections_of,
    fault_table,
    forget_corrections,
    place_grid,
    refused,
    say_mended,
    verdict,
)
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import person, store
from renovation.ui.jobs import begin, under_way
from renovation.ui.register.estates import enum_label
from renovation.ui.register.import_preview import preview
from renovation.ui.register.workbook import is_workbook, templates, workbook_form
from renovation.ui.uploads import file_field
from renovation.ui.words import language, listed, plain, say, told

_EPOCH, _DONE, _MAPPING = "imports.epoch", "imports.done", "imports.mapping"
_REFUSED, _KIND = "imports.refused", "imports.kind"
#: A file with several sheets or layers that could be meant.
_SEVERAL = {"geopackage.several", "shapefile.several", "sheet.several"}
_UPDATES_LISTED = 500
#: So few lines on areas are shown without a click.
_EFFECTS_OPEN = 8


@st.cache_data(max_entries=4, show_spinner=False)
def _headings(kind: ImportKind, data: bytes, layer: str | None) -> tuple[str, ...]:
    return headings_of(data, KINDS[kind].fields, layer=layer)


@st.cache_resource(max_entries=4, show_spinner=False)
def _parsed(task: FileTask, _area: Extent, known: tuple[Subtype, ...]) -> Parsed[Any]:
    return parse_list(task, _area, known)


def import_form(actor: Actor) -> None:
    """Show the whole way from a file to the register."""
    _say_done()
    epoch = st.session_state.get(_EPOCH, 0)
    kinds = [kind for kind, one in KINDS.items() if may(actor, one.needs)]
    wanted = st.query_params.get("kind", "")
    if _KIND not in st.session_state:
        st.session_state[_KIND] = ImportKind(wanted) if wanted in kinds else ImportKind.ESTATES
    kind = st.segmented_control(say("import_page.kind"), kinds, required=True, format_func=enum_label, key=_KIND)
    kind = kind or ImportKind.ESTATES
    upload, options = st.columns([3, 2], gap="medium")
    with upload:
        file = _file_field(kind, epoch)
    with options:
        datum = _datum_choice(epoch) if KINDS[kind].located else ""
        layer = st.text_input(say("import_page.layer"), key=_layer_key()).strip() or None
        level = _level_choice(epoch) if kind is ImportKind.AREAS else None
    # The file stays chosen meanwhile, but is not tried beside itself.
    if under_way(actor, JobKind.IMPORT, _saving, _taken):
        return
    if file is None:
        templates(kind)
        return
    if datum is None:
        st.info(say("import_page.choose_datum"), icon=":material/explore:")
        return
    data = file.getvalue()
    if is_workbook(data):
        workbook_form(actor, data, ImportSource.of(file.name, data), datum)
        return
    with refusals() as met, st.spinner(say("import_page.checking")):
        mapping = _mapping(kind, actor, data, layer)
        task = FileTask(
            kind=kind,
            filename=file.name,
            datum=datum,
            mapping=mapping,
            layer=layer,
            level=level,
            decided={kind: corrections_of(ImportSource.of(file.name, data).sha256).decided},
            data=data,
        )
        parsed = _parsed(task, area_of(store(), actor, kind), subtypes(store(), actor))
    if met.error:
        return
    _offer(
        kind,
        actor,
        replace(task, parsed=parsed),
        ImportSource.of(file.name, data),
        lambda: _columns_form(kind, actor, data, layer, parsed, mapping),
    )


def _level_choice(epoch: int) -> AreaLevel | None:
    """Ask what level the areas of the file are of; left open, names and codes say it."""
    return st.selectbox(
        say("import_page.level"),
        list(LEVELS),
        index=None,
        format_func=enum_label,
        placeholder=say("import_page.level_hint"),
        key=f"imports.level.{epoch}",
    )


def _file_field(kind: ImportKind, epoch: int) -> Any:
    """Ask for the file. Any kind is taken: what cannot be read is then refused in words, with what to do about it."""
    with st.container(key="import_file"):
        too_large = say("import_page.too_large", command=_command(kind))
        st.html(f"<style>.st-key-import_file {{ --file-refused: '{too_large}' }}</style>")
        return file_field(say("import_page.file"), key=f"imports.file.{kind.value}.{epoch}")


def _command(kind: ImportKind) -> str:
    return f"renovation import {kind.value} FILE" + (" --datum cgcs2000" if KINDS[kind].located else "")


def _layer_key() -> str:
    return f"imports.layer.{st.session_state.get(_EPOCH, 0)}"


def _layer_choice(parsed: Parsed[Any]) -> None:
    """Offer the sheets or layers to choose from where a file has several that could be meant."""
    for fault in (*parsed.faults, *parsed.warnings):
        if fault.code in _SEVERAL:
            given = (fault.fields[name] for name in ("name", "names", "others") if name in fault.fields)
            names = [name for one in given for name in ((one,) if isinstance(one, str) else one)]
            with st.container(horizontal=True, gap="small"):
                for name in names:
                    st.button(plain(name), key=f"imports.layer.{name}", on_click=_choose_layer, args=(name,))
            return


def _choose_layer(name: str) -> None:
    st.session_state[_layer_key()] = name


def _say_done() -> None:
    done, kind = st.session_state.pop(_DONE, (None, None))
    if done is None:
        return
    st.success(done, icon=":material/check:")
    if kind is ImportKind.ESTATES:
        page_link("estates", label=say("import_page.to_estates"), icon="location_city")
    elif kind is ImportKind.AREAS:
        page_link("areas", label=say("import_page.to_areas"), icon="account_tree")
    elif kind is ImportKind.DEMANDS:
        page_link("demands", label=say("import_page.to_demands"), icon="pin_drop")
    elif kind is ImportKind.PROJECTS:
        page_link("projects", label=say("import_page.to_projects"), icon="construction")
    elif kind in (ImportKind.POTS, ImportKind.SOURCES):
        page_link("money", label=say("import_page.to_money"), icon="savings")


def _datum_choice(epoch: int) -> str | None:
    datum = st.selectbox(
        say("import_page.datum"),
        list(Datum),
        index=None,
        format_func=enum_label,
        placeholder=say("import_page.datum_hint"),
        help=say("import_page.datum_help"),
        key=f"imports.datum.{epoch}",
    )
    if datum is None:
        return None
    if datum is not Datum.PROJECTED:
        return datum.value
    code = st.text_input(
        say("import_page.epsg"), placeholder=say("import_page.epsg_hint"), key=f"imports.epsg.{epoch}"
    ).strip()
    return (code if code.upper().startswith("EPSG") else f"EPSG:{code}") if code else None


def _mapping(kind: ImportKind, actor: Actor, data: bytes, layer: str | None) -> dict[str, str]:
    """Return the person's own matching of these headings: this time's, or what they chose the last time."""
    headings = _headings(kind, data, layer)
    held = st.session_state.get(_MAPPING)
    if held is not None and held[0] == headings:
        chosen: dict[str, str] = held[1]
        return chosen
    return imports.remembered_mapping(store(), actor, kind, headings) or {}


def _field_name(kind: ImportKind, name: str) -> str:
    """Return what a person calls a field: its first heading."""
    return next((field.headings[0] for field in KINDS[kind].fields if field.name == name), name)


def _columns_form(
    kind: ImportKind, actor: Actor, data: bytes, layer: str | None, parsed: Parsed[Any], mapping: Mapping[str, str]
) -> None:
    headings = _headings(kind, data, layer)
    if not headings:
        return
    now = dict(parsed.mapping) | dict(mapping)
    fields = [field.name for field in KINDS[kind].fields]
    left = [heading for heading in headings if not now.get(heading)]
    key = "import_page.columns_left" if left else "import_page.columns"
    words = told(
        key, count=len(headings) - len(left), left=len(left), names=listed([*left[:8], *["…"] * (len(left) > 8)])
    )
    wrong = any(fault.code.startswith("column.") for fault in parsed.faults)
    with st.expander(words, expanded=wrong), st.form("imports.columns", border=False):
        st.caption(say("import_page.columns_how"))
        chosen: dict[str, str] = {}
        cells = st.columns(3)
        for at, heading in enumerate(dict.fromkeys(headings)):
            field = now.get(heading, "")
            options = ["", *fields]
            chosen[heading] = cells[at % 3].selectbox(
                plain(heading),
                options,
                index=options.index(field) if field in options else 0,
                format_func=lambda name: _field_name(kind, name) if name else say("import_page.leave_out"),
                key=f"imports.column.{kind.value}.{hash(headings)}.{heading}",
            )
        if st.form_submit_button(say("import_page.match"), icon=":material/refresh:"):
            # Only what differs from what the headings say themselves is the person's own choice.
            own = {h: f for h, f in chosen.items() if f != parsed.mapping.get(h, "") or h in mapping}
            st.session_state[_MAPPING] = (headings, own)
            imports.remember_mapping(store(), actor, kind, headings, own)
            st.rerun()


def _offer(
    kind: ImportKind, actor: Actor, task: FileTask, source: ImportSource, match_columns: Callable[[], None]
) -> None:
    """Say what was found, and offer to match columns otherwise and to save what can be saved."""
    parsed: Parsed[Any] = task.parsed
    faults: Sequence[Fault] = parsed.faults
    trial: ImportRecord | None = None
    with refusals() as met:
        try:
            trial = KINDS[kind].take(store(), actor, parsed, source=source, dry_run=True)
        except ImportRefusedError as error:
            faults = error.faults
    if met.error:
        return
    read = parsed if trial is None else parsed.with_answers(trial)
    verdict(read, faults)
    say_mended(source.sha256, parsed.changes)
    _read_as(parsed)
    _layer_choice(parsed)
    if faults:
        _note_refusal(kind, actor, source, faults)
        refused(actor, faults, source.sha256)
        match_columns()
        change_table(read.changes, has_faults=bool(read.faults))
        return
    match_columns()
    change_table(read.changes, has_faults=bool(read.faults))
    assert trial is not None
    if read.warnings:
        fault_table(say("import_page.warnings"), read.warnings)
    _effects(trial)
    agreed: dict[str, bool] = {}
    sure = not read.warnings or st.checkbox(say("import_page.yes"), key=f"imports.yes.{source.sha256}")
    if trial.recognised:
        new = trial.imported - trial.updated
        st.info(told("import_page.recognised", count=trial.recognised, new=new), icon=":material/fact_check:")
    if trial.same_as is not None:
        when = format_moment(trial.same_as.at, language())
        st.warning(told("import_page.same_file", when=when), icon=":material/history:")
        agreed["again"] = st.checkbox(say("import_page.again_yes"), key=f"imports.again.{source.sha256}")
    if trial.updates:
        _updates(actor, kind, trial)
        agreed["update"] = st.checkbox(say("import_page.updates_yes"), key=f"imports.update.{source.sha256}")
    elif trial.questions:
        agreed["update"] = sure
    if st.button(
        say("import_page.take", count=trial.imported),
        type="primary",
        icon=":material/save:",
        disabled=not (sure and trial.imported and all(agreed.values())),
        key="imports.take",
    ):
        begin(actor, lambda: jobs.ask_import(store(), actor, replace(task, agreed=agreed)))
    preview(kind, parsed)


def _effects(trial: ImportRecord) -> None:
    """Say by names what the file does to the hierarchy of areas."""
    lines = effect_lines(trial.effects, language())
    if lines:
        with st.expander(say("import_page.area_effects", count=len(lines)), expanded=len(lines) <= _EFFECTS_OPEN):
            for line in lines:
                st.text(f"· {line}")


def _note_refusal(kind: ImportKind, actor: Actor, source: ImportSource, faults: Sequence[Fault]) -> None:
    """Write a refusal into the log once, however often the page runs."""
    noted: set[tuple[ImportKind, str]] = st.session_state.setdefault(_REFUSED, set())
    if (kind, source.sha256) not in noted:
        with refusals():
            imports.note_refusal(store(), actor, kind, source, faults)
        noted.add((kind, source.sha256))


def _updates(actor: Actor, kind: ImportKind, trial: ImportRecord) -> None:
    """Show what the file changes of what is held."""
    st.markdown(f"**{say('import_page.updates', count=len(trial.updates))}**")
    first = trial.updates[:_UPDATES_LISTED]
    said = [update_text(store(), actor, kind, update, language()) for update in first]
    places = [Place(sheet=update.sheet, row=update.row) for update in first]
    place_grid(places, say("import_page.updates_what"), said, key="imports.updates")


def _saving(known: LongWork) -> str:
    return say("import_page.saving", count=known.whole) if known.whole else say("import_page.checking")


def _taken(answer: TakenIn) -> None:
    parts = list(answer.counts.items())
    if len(parts) == 1:
        ((kind, count),) = parts
        _begin_anew(say("import_page.taken", count=count, kind=enum_label(kind)), kind)
    said = listed(say("workbook.part", kind=enum_label(kind), count=count) for kind, count in parts)
    _begin_anew(say("workbook.taken", names=said), ImportKind.ESTATES)


def _begin_anew(said: str, kind: ImportKind) -> None:
    """Say what was taken in, and empty the form for the next file."""
    st.session_state[_DONE] = said, kind
    st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1
    st.session_state.pop(_MAPPING, None)
    forget_corrections()
    st.rerun()


def _read_as(parsed: Parsed[Any]) -> None:
    """Say how the file was read: what it was written in, which sheet, and what its coordinates refer to."""
    found = {"sheet": parsed.sheet, "encoding": parsed.encoding, "datum": _datum_name(parsed.datum or "")}
    parts = [say(f"import_page.read_{name}", value=plain(value)) for name, value in found.items() if value]
    st.caption(" · ".join(parts))


def _datum_name(datum: str) -> str:
    """Return what the form calls a datum; a code of EPSG is its own name."""
    return enum_label(Datum(datum)) if datum in set(Datum) else datum


def import_history(actor: Actor) -> None:
    """List the latest imports and offer to undo the last one."""
    st.subheader(say("import_page.history"))
    records = imports.list_imports(store(), actor)
    if not records:
        st.caption(say("import_page.no_history"))
        return
    files = files_of(records)
    grid(
        {
            "when": [format_moment(one.head.at, language()) for one in files],
            "kind": [listed(enum_label(part.kind) for part in reversed(one.parts)) for one in files],
            "filename": [one.head.source.filename for one in files],
            "imported": [one.imported for one in files],
            "datum_column": [_datum_name(one.head.datum) for one in files],
            "left": [one.left or None for one in files],
            "by": [person(one.head.login) for one in files],
            "state": [say("import_page.undone" if one.head.undone_at else "import_page.stands") for one in files],
        },
        words="import_page",
        key="imports.history",
        kinds={"imported": COUNT, "left": COUNT},
    )
    last = next((one for one in files if one.head.undone_at is None), None)
    if last is None:
        return
    with st.popover(
        told("import_page.undo", file=last.head.source.filename, count=last.imported), icon=":material/undo:"
    ):
        st.markdown(told("import_page.undo_sure", count=last.imported - last.updated, updated=last.updated))
        if st.button(say("import_page.undo_do"), type="primary", key="imports.undo"):
            _undo(actor, last.head)


def _undo(actor: Actor, record: ImportRecord) -> None:
    assert record.id is not None
    with refusals():
        imports.undo_import(store(), actor, record.id)
        st.session_state[_DONE] = told("import_page.undone_now", file=record.source.filename), None
        st.rerun()
