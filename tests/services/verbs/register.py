"""Verbs of the register: places, estates, facilities, coverage, photos, imports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import shapely

from renovation.exports.register.places import PlaceFormat
from renovation.geo import gains
from renovation.imports.register.areas import parse_areas
from renovation.imports.register.buildings import parse_buildings
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.model.accounts import Action
from renovation.model.canonical import to_json
from renovation.model.clock import today
from renovation.model.imports import ImportKind, ImportSource
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import (
    AreaLevel,
    Deficit,
    Estate,
    EstateFilter,
    EstateWorkDraft,
    FacilityDraft,
    RenovationStatus,
)
from renovation.model.scope import EVERYWHERE
from renovation.services.register import (
    buildings,
    by_hand,
    coverage,
    coverage_exports,
    deficits,
    estate_works,
    estates,
    exports,
    facilities,
    imports,
    outlines,
    photos,
    places,
)
from renovation.services.register.areas import areas
from renovation.services.register.areas.imports import import_areas
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import STREETS, picture

QUESTION = gains.Question(kind="养老服务站", metres=500, item_codes=("W12",))


def _disputes(said: str, *, there: bool = False) -> dict[str, Any]:
    def changed(scene: Scene) -> Estate:
        held = scene.world.two.estate if there else scene.estate
        return replace(held, facts=replace(held.facts, disputes=said))

    return {"changed": changed}


def _stands(status: RenovationStatus) -> dict[str, Any]:
    """An estate that nothing holds is set to a progress of its own."""

    def changed(scene: Scene) -> Estate:
        held = _bare(scene)
        return replace(held, facts=replace(held.facts, status=status))

    return {"changed": changed}


def _listed(scene: Scene) -> bytes:
    street = STREETS[scene.world.one is not scene.place]
    return f"小区名称,县区,街道,户数\n{scene.mark}新村,惠城区,{street},120\n".encode()


def _toilets(scene: Scene) -> bytes:
    return f"编号,名称,类别,经度,纬度\nF3,三站,公厕,{scene.lon + 0.001},{scene.lat + 0.001}\n".encode()


def _roads(scene: Scene) -> bytes:
    line = [[scene.lon + step, scene.lat + 0.001] for step in (0.0005, 0.001)]
    road = {"type": "Feature", "properties": {"name": "小路"}, "geometry": {"type": "LineString", "coordinates": line}}
    return to_json({"type": "FeatureCollection", "features": [road]}).encode()


def _owner(kind: PhotoOwnerKind) -> dict[str, Any]:
    held = {
        PhotoOwnerKind.ESTATE: here.estate.id,
        PhotoOwnerKind.DEMAND: here.demands.received.id,
        PhotoOwnerKind.PROJECT: here.projects.priced.id,
    }[kind]
    return {"owner": lambda s: PhotoOwner(kind=kind, id=held._of(s))}


def _measured(scene: Scene) -> gains.Coverage:
    return coverage.measure_coverage(scene.world.store, scene.world.admin, QUESTION)


def _town_areas(scene: Scene) -> bytes:
    return f"名称,级别,代码\n{scene.mark}区,县（区）,441399\n{scene.mark}新街道,街道,441399001\n".encode()


def _other_street(scene: Scene) -> int | None:
    world = scene.world
    return (world.two if scene.place is world.one else world.one).estate.street_id


def _empty_area(scene: Scene) -> int:
    store, admin = scene.world.store, scene.world.admin
    held = [line.area.id for line in areas.list_hierarchy(store, admin) if line.area.name == "空镇"]
    return held[0] if held else 0


def _make_empty(scene: Scene) -> None:
    areas.create_area(scene.world.store, scene.world.admin, AreaLevel.STREET, "空镇")


def _last_act(scene: Scene) -> int:
    last = areas.last_area_act(scene.world.store, scene.world.admin)
    return 0 if last is None else last.id


def _houses(scene: Scene) -> bytes:
    return f"小区编码,楼栋,层数,单元,门牌\n{scene.estate.code},新9栋,6,1单元,101-202\n".encode()


def _make_bare(scene: Scene) -> None:
    """Make an estate with one building in the scene's street that nothing hangs on."""
    store, admin = scene.world.store, scene.world.admin
    made = by_hand.create_estate(
        store, admin, by_hand.NewEstate(name=f"{scene.mark}空里", area_id=scene.estate.street_id)
    )
    buildings.create_building(store, admin, made.id, "空楼", doors={"1单元": ("101",)})


def _make_empty_estate(scene: Scene) -> None:
    new = by_hand.NewEstate(name=f"{scene.mark}空里", area_id=scene.estate.street_id)
    by_hand.create_estate(scene.world.store, scene.world.admin, new)


def _bare(scene: Scene) -> Estate:
    found = estates.find_estates(scene.world.store, scene.world.admin)
    return next((one for one in found if one.name == f"{scene.mark}空里"), scene.estate)


def _bare_building(scene: Scene) -> int:
    held = estates.list_buildings(scene.world.store, scene.world.admin, [_bare(scene).id])
    return held[0].id


SEE, EDIT, TAKE = Action.SEE_REGISTER, Action.EDIT_ESTATES, Action.IMPORT_PLACES

HIERARCHY = Action.EDIT_AREAS


def _of_dispatched(scene: Scene) -> PhotoOwner:
    return PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=scene.demands.dispatched.id)


ROWS = (
    row(areas.list_hierarchy, HIERARCHY, Kind.TOWN),
    row(areas.find_area, HIERARCHY, Kind.TOWN, example={"words": lambda s: STREETS[0]}),
    row(areas.create_area, HIERARCHY, Kind.TOWN, example={"level": AreaLevel.STREET, "name": "新镇"}),
    row(
        areas.edit_area,
        HIERARCHY,
        Kind.TOWN,
        example={"area_id": here.estate.street_id, "name": "改名街道", "code": "", "parent_id": None},
    ),
    row(
        areas.merge_areas,
        HIERARCHY,
        Kind.TOWN,
        example={"area_id": here.estate.street_id, "into_id": _other_street},
    ),
    row(areas.delete_area, HIERARCHY, Kind.TOWN, example={"area_id": _empty_area}, before=_make_empty),
    row(areas.last_area_act, HIERARCHY, Kind.TOWN),
    row(areas.undo_area_act, HIERARCHY, Kind.TOWN, example={"act_id": _last_act}, before=_make_empty),
    row(
        import_areas,
        HIERARCHY,
        Kind.TOWN,
        example={
            "parsed": lambda s: parse_areas(_town_areas(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("区域.csv", _town_areas(s)),
        },
    ),
    row(places.list_areas, Action.SEE_PUBLIC, Kind.TOWN),
    row(places.get_area, Action.SEE_PUBLIC, Kind.TOWN, example={"area_id": here.estate.street_id}),
    row(places.list_roads, Action.SEE_PUBLIC, Kind.TOWN),
    row(places.trail, Action.SEE_PUBLIC, Kind.TOWN, example={"scope": EVERYWHERE}),
    row(estates.find_estates, SEE, Kind.ESTATE, Outside.PART),
    row(estates.estate_columns_of, SEE, Kind.ESTATE, Outside.PART),
    row(estates.sum_estates, SEE, Kind.ESTATE, Outside.PART),
    row(estates.register_stamp, SEE, Kind.TOWN),
    row(estates.get_estate, SEE, Kind.ESTATE),
    row(estates.get_estate_file, SEE, Kind.ESTATE),
    row(estates.estate_names, Action.SEE_PUBLIC, Kind.TOWN),
    row(estates.names_in_sight, SEE, Kind.ESTATE, Outside.PART),
    row(estates.list_buildings, Action.SEE_PUBLIC, Kind.TOWN),
    row(estates.doors_of, SEE, Kind.ESTATE),
    row(
        estates.edit_estate,
        EDIT,
        Kind.ESTATE,
        # The progress of these estates follows the programme that holds them.
        example=_disputes("停车占道"),
        also=(
            _disputes(""),
            _disputes("油烟", there=True),
            *(_stands(one) for one in RenovationStatus if one is not RenovationStatus.SURVEYED),
        ),
        before=_make_empty_estate,
    ),
    row(by_hand.areas_of, Action.SEE_PUBLIC, Kind.TOWN, example={"area_id": here.estate.street_id}),
    row(
        by_hand.create_estate,
        EDIT,
        Kind.ESTATE,
        example={"new": lambda s: by_hand.NewEstate(name=f"{s.mark}新里", pin=(s.lon + 0.0005, s.lat + 0.0005))},
    ),
    row(
        by_hand.place_estate,
        EDIT,
        Kind.ESTATE,
        example={"estate_id": lambda s: _bare(s).id, "pin": lambda s: (s.lon, s.lat), "version": 1},
        before=_make_empty_estate,
    ),
    row(
        by_hand.delete_estate,
        EDIT,
        Kind.ESTATE,
        example={"estate_id": lambda s: _bare(s).id},
        before=_make_empty_estate,
    ),
    row(
        buildings.create_building,
        EDIT,
        Kind.ESTATE,
        example={"name": "新楼", "floors": 6, "doors": {"1单元": ("101", "102")}},
    ),
    row(
        buildings.edit_building,
        EDIT,
        Kind.ESTATE,
        example={
            "building_id": _bare_building,
            "name": "甲楼",
            "floors": 7,
            "has_lift": True,
            "doors": {"1单元": ("102",)},
            "reason": "登记有误",
        },
        before=_make_bare,
    ),
    row(
        buildings.import_buildings,
        TAKE,
        Kind.ESTATE,
        example={
            "parsed": lambda s: parse_buildings(_houses(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("楼栋.csv", _houses(s)),
        },
    ),
    row(
        buildings.delete_building,
        EDIT,
        Kind.ESTATE,
        example={"building_id": _bare_building},
        before=_make_bare,
    ),
    row(
        facilities.keep_facility,
        EDIT,
        Kind.ESTATE,
        example={"draft": lambda s: FacilityDraft(kind="公厕", name="新站", lon=s.lon + 0.0005, lat=s.lat + 0.0005)},
    ),
    row(
        facilities.delete_facility,
        EDIT,
        Kind.ESTATE,
        example={"facility_id": lambda s: facilities.list_facilities(s.world.store, s.world.admin)[0].id},
    ),
    row(
        outlines.draw_outline,
        EDIT,
        Kind.ESTATE,
        example={
            "geometry": lambda s: shapely.to_wkb(shapely.box(s.lon, s.lat, s.lon + 0.003, s.lat + 0.002)),
            "version": here.estate.version,
        },
    ),
    row(
        deficits.record_deficits,
        EDIT,
        Kind.ESTATE,
        example={
            "found": {Deficit.PIPES: True},
            "collected_on": lambda s: today(),
            "collector": "社工",
            "version": here.estate.version,
        },
    ),
    row(
        estate_works.add_estate_work,
        EDIT,
        Kind.ESTATE,
        example={"draft": lambda s: EstateWorkDraft(estate_id=s.estate.id, year=2010, what=f"{s.mark}补过屋面")},
    ),
    row(estate_works.estate_works_of, SEE, Kind.ESTATE),
    row(estate_works.remove_estate_work, EDIT, Kind.ESTATE),
    row(
        exports.export_estates,
        SEE,
        Kind.ESTATE,
        Outside.PART,
        example={"wanted": EstateFilter(), "format_": PlaceFormat.CSV},
    ),
    row(facilities.list_facilities, Action.SEE_PUBLIC, Kind.TOWN),
    row(facilities.facility_kinds, Action.SEE_PUBLIC, Kind.TOWN),
    row(
        facilities.import_facilities,
        TAKE,
        Kind.ESTATE,
        example={
            "parsed": lambda s: parse_facilities(_toilets(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("公厕.csv", _toilets(s)),
        },
    ),
    row(coverage.kinds_in_order, SEE, Kind.TOWN),
    row(coverage.coverage_stamp, SEE, Kind.TOWN),
    row(coverage.has_streets, Action.SEE_PUBLIC, Kind.TOWN),
    row(coverage.homes, SEE, Kind.ESTATE, Outside.PART),
    row(coverage.measure_coverage, SEE, Kind.PROJECT, Outside.PART, example={"question": QUESTION}),
    row(
        coverage_exports.export_coverage,
        SEE,
        Kind.SELF,
        example={
            "found": _measured,
            "then": lambda s: gains.with_chosen(_measured(s)),
            "content": coverage_exports.CoverageContent.HOMES,
            "format_": PlaceFormat.CSV,
        },
    ),
    row(
        imports.import_estates,
        TAKE,
        Kind.ESTATE,
        example={
            "parsed": lambda s: parse_estates(_listed(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("小区.csv", _listed(s)),
        },
    ),
    row(
        imports.import_streets,
        TAKE,
        Kind.ESTATE,
        example={
            "parsed": lambda s: parse_streets(_roads(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("路.geojson", _roads(s)),
        },
    ),
    row(imports.project_area, TAKE, Kind.TOWN),
    row(imports.list_imports, TAKE, Kind.TOWN),
    row(imports.undo_import, TAKE, Kind.TOWN, Outside.TOWN_ONLY, example={"import_id": here.town.facilities.id}),
    row(
        imports.note_refusal,
        TAKE,
        Kind.TOWN,
        example={"kind": ImportKind.ESTATES, "source": ImportSource.of("坏.csv", b"x"), "faults": ()},
    ),
    row(imports.remembered_mapping, TAKE, Kind.TOWN, example={"kind": ImportKind.ESTATES, "headings": ("名",)}),
    row(
        imports.remember_mapping,
        TAKE,
        Kind.TOWN,
        example={"kind": ImportKind.ESTATES, "headings": ("名",), "mapping": {"名": "name"}},
    ),
    row(
        photos.add_photos,
        EDIT,
        Kind.ESTATE,
        example={**_owner(PhotoOwnerKind.ESTATE), "files": [("", picture(7))], "kind": PhotoKind.AFTER},
    ),
    row(photos.photos_of, Action.SEE_PHOTOS, Kind.ESTATE, example={"owner": _of_dispatched}),
    row(photos.photo_bytes, Action.SEE_PHOTOS, Kind.DEMAND, example={"photo_id": here.demands.photo.id}),
    row(photos.remove_photo, (SEE, Action.EDIT_PROJECTS), Kind.PROJECT),
)
