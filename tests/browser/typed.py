"""Where people's own words lie in the store, and a town in which a marker stands in every such place."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from PIL import Image

from renovation.model.accounts import Actor, Role
from renovation.model.canonical import plain
from renovation.model.clock import now
from renovation.model.panels import Conflict, PanelCriterion, PanelEntry, PanelSetup
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.polls import AREA, FILE_META
from renovation.services.programme import panels
from renovation.services.projects.items import BOOK_SETTING
from renovation.services.register import photos
from renovation.store import Store
from renovation.store.schema.base import metadata
from renovation.text.surveys import read_questions

OUTSIDE = "t.test"
#: A picture, a link, a tag, a style and a formula, where a name may stand. Short columns have room for its start.
MARKER = f"![p](http://{OUTSIDE}/p)[l](http://{OUTSIDE})<i>i</i>:red[r]$x$"
_SHORT = f"![p](http://{OUTSIDE}/p)"
_ADMIN = Actor(role=Role.ADMIN, login="admin")

#: Columns of text in which people's own words lie, files that they bring included.
TYPED: Mapping[str, tuple[str, ...]] = {
    "account": ("name", "department"),
    "adoption": ("wanted",),
    "area": ("name",),
    "area_act": ("name",),
    "ballot_group": ("name",),
    "building": ("name",),
    "code_batch": ("label",),
    "consent": ("part", "subject", "withdrawn_why", "evidence"),
    "demand": ("subtype", "source_number", "text", "department", "reply"),
    "demand_event": ("note",),
    "demand_meeting": ("decision",),
    "demand_task": ("department", "task", "note"),
    "estate": ("name", "address", "no_committee_reason", "disputes", "heritage", "note"),
    "estate_deficit": ("collector",),
    "estate_work": ("what", "source"),
    "facility": ("kind", "name"),
    "gate_fact": ("source",),
    "household": ("number",),
    "import_record": ("filename",),
    "matching_rule": ("name", "source"),
    "panel": ("name",),
    "panel_sheet": ("assessor", "conflict"),
    "paper_batch": ("label",),
    "paper_reading": ("serial", "reason"),
    "payment": ("document", "undone_why"),
    "photo": ("caption",),
    "pledge": ("supporter",),
    "poll": ("title", "notice_phone", "notice_office", "source"),
    "poll_project": ("name", "description", "why", "category"),
    "pot": ("name", "owner", "purpose"),
    "price": ("locality", "source"),
    "project": ("name", "description", "why", "unit", "upkeep_by"),
    "project_figure": ("document",),
    "project_funding": ("note",),
    "road": ("name",),
    "scenario": ("name", "note"),
    "survey": ("name",),
    "survey_visit": ("come_back",),
    "unit": ("name",),
    "venue": ("name",),
    "voter_code": ("reason",),
    "weighting": ("name",),
    "work_plan": ("builder", "note"),
}
#: The same within columns of JSON: every value with a Chinese sign in it.
WITHIN: Mapping[str, tuple[str, ...]] = {
    "allocation": ("outcome",),
    "annual_batch": ("content",),
    "area_act": ("steps",),
    "audit": ("detail",),
    "demand_event": ("parts",),
    "demand_meeting": ("present",),
    "estate_change": ("fields",),
    "gate_fact": ("names",),
    "gate_history": ("fields",),
    "import_record": ("mapping", "before"),
    "item": ("content",),
    "local_list": ("lines",),
    "own_column": ("content",),
    "panel": ("setup",),
    "poll": ("meta",),
    "poll_project": ("extra",),
    "project_step": ("said",),
    "scenario": ("basis", "programme"),
    "setting": ("value",),
    "survey_form": ("questions",),
    "survey_visit": ("answers",),
    "weighting": ("content",),
}
#: Why no marker stands in the other columns of text: reason → columns, ``*.`` for every table.
NOT_TYPED: Mapping[str, tuple[str, ...]] = {
    "logins are of a-z, 0-9, point, dash and underline": (
        "*.login", "payment.undone_by", "scenario.adopted_by",
    ),
    "drawn or worked out by the program": (
        "*.digest", "*.sha256", "*.token_hash", "account.password_hash", "account.totp_seed", "arrival.joiner",
        "arrival.visitor", "arrival.address", "audit.previous", "ballot.id", "budget.name", "demand.receipt",
        "demand_follower.receipt", "demand_follower.joiner", "session.device", "poll.id", "project.code",
        "receipt.commitment",
        "recovery_code.code_hash", "running_digest.shard", "running_digest.nonce", "scenario.id",
        "scenario.copied_from", "scenario.inputs_digest", "station.pin_hash", "voter_code.code_hmac",
        "voter_code.attempt", "survey_visit.id", "survey_late.id", "survey.seed", "under_way.token",
        "ballot_draft.name", "survey_part.names",
        "pledge.reference", "allocation.rules_version", "box.kit", "venue.kit", "venue.room",
    ),
    "one of a fixed list": (
        "account.role", "allocation.rule", "area.level", "area_act.act", "arrival.kind", "arrival.object_id",
        "audit.act", "audit.object_id", "audit.object_kind", "audit.role", "ballot.channel", "ballot_group.attribute",
        "consent.matter", "consent.vote_scope", "demand.category", "demand.channel", "demand.kind", "demand.status",
        "demand_count.category", "demand_count.kind", "demand_count.status", "demand_event.step",
        "demand_task.status", "estate.deficits", "estate.estate_type", "estate.management_form", "estate.own_status",
        "estate.status", "estate_deficit.deficit", "gate_fact.gate", "gate_history.gate", "gate_history.reason",
        "gate_history.state", "import_record.datum", "import_record.kind", "local_list.kind", "own_column.subject",
        "panel.state", "paper_batch.state", "scenario.state", "paper_reading.round", "paper_reading.verdict",
        "photo.kind",
        "pledge.kind", "poll.ballot_kind", "poll.code_per", "poll.language", "poll.rule", "poll.stage",
        "poll.tie_break", "pot.level", "project.status", "project_figure.basis", "project_funding.source",
        "project_step.act", "project_step.status_after", "project_step.status_before", "project_upkeep.payer_kind",
        "running_digest.about", "setting.key",
        "job.kind", "job.state", "survey.kind", "survey_visit.channel", "survey_visit.outcome",
        "building_fact.code", "building_fact.said",
        "vote_count.channel", "vote_count.side", "voter_code.channel",
        "voter_code.state", "weighting.subject",
    ),
    "a day, a month or a number": (
        "ballot.weight", "demand.due_on", "demand.received_on", "price.source_date", "project.quantity",
        "work_plan.starts", "work_plan.ends", "poll.venue_hours", "venue.hours",
    ),
    "what an identity server calls somebody, of the signs of ASCII": (
        "account.oidc_issuer", "account.oidc_subject", "session.oidc_session",
    ),
    "shown nowhere: a late visit before a lead takes it, and the names of files on somebody's telephone": (
        "survey_late.visit", "survey_visit.photos",
    ),
    "an id that others point to, drawn as text of a table": (
        "area.code", "estate.code", "facility.code", "item.code", "own_column.code", "panel_sheet.entry",
        "poll_project.key",
    ),
    "codes and numbers alone": (
        "allocation.settings", "ballot.choices", "ballot.points", "ballot_group.ballots", "kit_cards.content",
        "matching_rule.kinds", "panel_sheet.points", "paper_batch.verdicts", "paper_reading.choices",
        "paper_reading.points", "poll.rule_settings", "pot.areas", "pot.classes", "pot.items", "scenario.statuses",
        "survey.figures",
    ),
}  # fmt: skip


def text_columns() -> Iterator[sa.Column[Any]]:
    """Yield every column of the schema that could hold words; what points to another table holds none of its own."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if type(column.type) in (sa.String, sa.Text, sa.JSON) and not column.foreign_keys and not column.info:
                yield column


def plant(store: Store) -> dict[str, int]:
    """Put the marker behind everything typed; return ``table.column`` → in how many rows it stands."""
    _fill(store)
    found = {}
    with store.write() as unit:
        for name, columns in TYPED.items():
            for column in columns:
                found[f"{name}.{column}"] = _mark(unit.connection, metadata.tables[name].c[column])
        for name, columns in WITHIN.items():
            for column in columns:
                found[f"{name}.{column}"] = _mark_within(unit.connection, metadata.tables[name].c[column])
        unit.commit()
    return found


def _mark(connection: sa.Connection, column: sa.Column[Any]) -> int:
    table, length = column.table, column.type.length
    anything = sa.and_(column.is_not(None), column != "")
    if connection.execute(sa.select(sa.func.count()).select_from(table).where(anything)).scalar_one() == 0:
        anything = sa.true()
    written = sa.func.coalesce(column, "") + MARKER[:length]
    return (
        connection.execute(
            table.update()
            .where(anything, sa.func.coalesce(column, "").not_like(f"%{OUTSIDE}%"))
            .values({column: written})
        ).rowcount
        or connection.execute(sa.select(sa.func.count()).where(column.contains(OUTSIDE))).scalar_one()
    )


def _mark_within(connection: sa.Connection, column: sa.Column[Any]) -> int:
    count = 0
    key = list(column.table.primary_key)
    for row in connection.execute(sa.select(*key, column.label("held"))).all():
        marked = _marked(row.held)
        if OUTSIDE in str(marked):
            where = [one == row._mapping[one.name] for one in key]
            connection.execute(column.table.update().where(*where).values({column: marked}))
            count += 1
    return count


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one) for one in value]
    if isinstance(value, str) and OUTSIDE not in value and any("\u4e00" <= sign <= "\u9fff" for sign in value):
        return value + MARKER
    return value


def _fill(store: Store) -> None:
    """Let the demonstration city hold what it does not show by itself."""
    setup = PanelSetup(
        name="评审" + _SHORT,
        criteria=(PanelCriterion(code="need", name="需要" + _SHORT, max_points=Fraction(10)),),
        entries=(PanelEntry(code="E1", name="楼道" + _SHORT), PanelEntry(code="E2", name="加梯" + _SHORT)),
        assessors=("王工" + _SHORT, "李工" + _SHORT),
    )
    panel = panels.create_panel(store, _ADMIN, setup)
    panels.give_points(store, _ADMIN, panel.id, setup.assessors[0], {"E1": {"need": Fraction(7)}})
    panels.step_out(store, _ADMIN, panel.id, Conflict(assessor=setup.assessors[1], entry="E2", reason="亲属" + _SHORT))
    with store.write() as unit:
        first = {
            name: unit.connection.execute(sa.select(sa.func.min(metadata.tables[name].c[key]))).scalar_one()
            for name, key in (("estate", "id"), ("demand", "id"), ("project", "id"), ("item", "code"), ("poll", "id"))
        }
        rows: dict[str, dict[str, Any]] = {
            "area_act": {"at": now(), "act": "edit", "name": "东区", "steps": [{"gone": {"name": "东区"}}]},
            "ballot_group": {"poll_id": first["poll"], "attribute": "age", "name": "老人", "ballots": []},
            "demand_meeting": {"demand_id": first["demand"], "held_on": date(2026, 5, 4), "present": ["住建局"],
                               "decision": "先修"},
            "estate_work": {"estate_id": first["estate"], "year": 2021, "what": "换水管", "source": "维修资金",
                            "added_at": now()},
            "import_record": {"at": now(), "kind": "estates", "filename": "小区.xlsx", "sha256": "0" * 64, "rows": 1,
                              "datum": "cgcs2000", "mapping": {"name": "小区名"}, "imported": 1,
                              "before": {"note": "原名"}},
            "own_column": {"subject": "estates", "code": "noise", "saved_at": now(), "content": {
                "subject": "estates", "source": "噪声.xlsx", "values": {}, "criterion": {
                    "code": "noise", "name_zh": "噪声", "direction": "higher", "unit": "分贝", "source": "环保局"}}},
            "setting": {"key": BOOK_SETTING, "value": ["惠州" + _SHORT, 2024]},
            "price": {"locality": "惠州" + _SHORT, "year": 2024, "item_code": first["item"], "unit_cost_low": 1,
                      "unit_cost_likely": 2, "unit_cost_high": 3, "source": "造价站"},
            "project_figure": {"project_id": first["project"], "basis": "reviewed", "amount": 1, "document": "合同",
                               "day": date(2026, 5, 4), "recorded_at": now()},
            "work_plan": {"project_id": first["project"], "builder": "一建", "note": "先围挡"},
        }  # fmt: skip
        for name, values in rows.items():
            table = metadata.tables[name]
            unit.connection.execute(table.insert().values(_with_login(table, values)))
        for name, values in (("poll", {"meta": {FILE_META + "description": "说明"}}),
                             ("poll_project", {"extra": {AREA: "东区"}}),
                             ("survey_form", {"questions": plain(read_questions("要不要车棚 | 单选 | 要、不要"))}),
                             ("survey_visit", {"answers": {"words": ["路灯太暗"]}})):  # fmt: skip
            unit.connection.execute(metadata.tables[name].update().values(values))
        unit.commit()
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "#446688").save(picture, "JPEG")
    owner = PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=first["estate"])
    photos.add_photos(store, _ADMIN, owner, [("楼道.jpg", picture.getvalue())], PhotoKind.BEFORE, caption="楼道")


def _with_login(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "login": "demo"} if "login" in table.c else dict(values)
