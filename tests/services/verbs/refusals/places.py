"""Refusals of demands, projects and the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import shapely

from renovation.imports.demands.demands import parse_demands
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import PUBLIC
from renovation.model.demands import DemandFilter
from renovation.model.imports import ImportSource
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands, work
from renovation.services.demands import imports as demand_imports
from renovation.services.projects import prices, projects
from renovation.services.register import estates, imports, outlines, photos
from verbs import Scene
from verbs.laid import (
    YEAR,
    demand_draft,
    picture,
)
from verbs.refusals.steps import Act, admin, partial, then


def _answered(scene: Scene, **said: Any) -> Any:
    return work.judge_answer(scene.world.store, scene.demands.answered.receipt, **{"solved": True, **said})


def _joined(scene: Scene, who: str = "甲") -> Any:
    return demands.join_demand(scene.world.store, PUBLIC, scene.demands.received.id, who=who)


DEMANDS: Sequence[tuple[str, Act]] = (
    (
        "photo.demand_many",
        lambda s: demands.take_demand(
            *admin(s), demand_draft(s.place, "又"), pictures=[(f"{n}.jpg", picture(n)) for n in range(30)]
        ),
    ),
    ("demand.join_closed", lambda s: demands.join_demand(*admin(s), s.demands.answered.id)),
    ("demand.joined_already", then(_joined, _joined)),
    (
        "demand.not_yours",
        lambda s: work.judge_answer(s.world.store, _joined(s).receipt, solved=True),
    ),
    ("demand.text_nul", lambda s: work.answer_demand(*admin(s), s.demands.in_progress.id, "修\0好")),
    (
        "demand.not_open",
        then(_answered, lambda s: work.merge_demand(*admin(s), s.demands.twin.id, s.demands.answered.id)),
    ),
    ("demand.not_answered", then(_answered, _answered)),
    ("demand.not_answered", lambda s: work.judge_answer(s.world.store, s.demands.received.receipt, solved=False)),
    ("demand.changed", lambda s: work.accept_demand(*admin(s), s.demands.dispatched.id, version=99)),
    ("demand.merge_itself", lambda s: work.merge_demand(*admin(s), s.demands.twin.id, s.demands.twin.id)),
    (
        "demand.merge_elsewhere",
        lambda s: work.merge_demand(*admin(s), s.demands.twin.id, s.world.two.demands.received.id),
    ),
    (
        "demand.number_taken",
        lambda s: [
            demands.take_demand(*admin(s), replace(demand_draft(s.place, what), source_number="12345-1"))
            for what in ("甲", "乙")
        ],
    ),
    (
        "photo.here_already",
        lambda s: [
            photos.add_photos(
                *admin(s),
                PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=s.estate.id),
                [("", picture(9))],
                PhotoKind.AFTER,
            )
            for _ in range(2)
        ],
    ),
)


def _begun(scene: Scene) -> Any:
    held = scene.projects.chosen
    return projects.advance_project(*admin(scene), held.id, held.version)


def _finished(scene: Scene) -> Any:
    held = _begun(scene)
    return projects.advance_project(*admin(scene), held.id, held.version)


def _dearer_prices(scene: Scene) -> Any:
    old = scene.town.book
    lines = [replace(old.entries[0], likely=old.entries[0].likely + 1)]
    prices.change_prices(*admin(scene), old, lines)
    return prices.change_prices(*admin(scene), old, [replace(lines[0], source="询价")])


def _undo_prices(scene: Scene) -> Any:
    return prices.undo_import(*admin(scene), scene.town.prices_import.id)


def _more_prices(scene: Scene) -> Any:
    content = prices.export_book(*admin(scene), scene.town.locality, scene.town.year)[2]
    parsed = prices.read_workbook(*admin(scene), content, locality="龙门县", year=YEAR)
    return prices.import_prices(*admin(scene), parsed, source=ImportSource.of("价.xlsx", content))


PROJECTS: Sequence[tuple[str, Act]] = (
    ("project.upkeep_open", _finished),
    ("price.changed", _dearer_prices),
    (
        "price.book_exists",
        lambda s: [
            prices.copy_book(*admin(s), prices.books(*admin(s))[0], locality=name, year=YEAR)
            for name in ("惠城区", " 惠城区 ")
        ],
    ),
    ("import.undone", then(_undo_prices, _undo_prices)),
    ("import.not_last", then(_more_prices, _undo_prices)),
    ("import.unknown", lambda s: prices.undo_import(*admin(s), s.town.facilities.id)),
)


def _estates(scene: Scene, *rows: str, who: Any = admin, **said: Any) -> Any:
    content = "\n".join(("小区编号,小区名称,县区,街道,户数", *rows)).encode()
    parsed = parse_estates(content, datum="cgcs2000")
    return imports.import_estates(*who(scene), parsed, source=ImportSource.of("小区.csv", content), **said)


def _one(scene: Scene, code: str = "N-1", who: Any = admin) -> Any:
    return _estates(scene, f"{code},{code}新村,惠城区,东街,120", who=who)


def _undo(scene: Scene, import_id: int, who: Any = admin) -> Any:
    return imports.undo_import(*who(scene), import_id)


def _undo_twice(scene: Scene) -> Any:
    return [_undo(scene, _id) for _id in [_one(scene).id] * 2]


def _undo_older(scene: Scene) -> Any:
    older = _one(scene)
    _one(scene, "N-2")
    return _undo(scene, older.id)


def _undo_used(scene: Scene) -> Any:
    made = _one(scene)
    with scene.world.store.read() as connection:
        from renovation.store.register import estates as estate_store

        held = estate_store.by_codes(connection, {"N-1"})["N-1"]
    estates.edit_estate(*admin(scene), replace(held, name="改了名"))
    return _undo(scene, made.id)


def _leaving(scene: Scene) -> Any:
    mine = replace(scene.world.admin, scope=scene.world.part(scene.place, by_street=True))
    gone = replace(scene.estate, street_id=scene.world.two.estate.street_id)
    return estates.edit_estate(scene.world.store, mine, gone)


def _dealt_with(scene: Scene) -> Any:
    """Take demands from a list, answer one of them, and take the list back."""
    content = f"小区,内容\n{scene.estate.name},路灯又坏了\n".encode()
    parsed = parse_demands(content, datum="cgcs2000")
    made = demand_imports.import_demands(*admin(scene), parsed, source=ImportSource.of("诉求.csv", content))
    (found,) = (
        row
        for row in demands.list_demands(*admin(scene), DemandFilter(scope=EVERYWHERE))
        if row.demand.text == "路灯又坏了"
    )
    work.answer_demand(*admin(scene), found.demand.id, "修好了")
    return _undo(scene, made.id)


REGISTER: Sequence[tuple[str, Act]] = (
    ("import.update_needs_yes", lambda s: _estates(s, f"{s.mark}-01,{s.mark}小区,惠城区,东街,999")),
    ("estate.leaves_scope", _leaving),
    ("import.demands_in_use", _dealt_with),
    ("import.undone", _undo_twice),
    ("import.not_last", _undo_older),
    ("import.in_use", _undo_used),
    ("import.not_yours", lambda s: _undo(s, _one(s).id, partial)),
    ("import.stays", lambda s: _undo(s, s.town.prices_import.id)),
    (
        "estate.outline.large",
        lambda s: outlines.draw_outline(
            *admin(s),
            s.estate.id,
            shapely.to_wkb(shapely.box(s.lon, s.lat, s.lon + 0.03, s.lat + 0.03)),
            version=s.estate.version,
        ),
    ),
)
