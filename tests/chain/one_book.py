"""One life and one book, asked of the rows of a store: what has to hold after any act of any noun.

Written against the tables alone, so that it shares nothing with the services it judges.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from renovation.model.demands import DemandStatus
from renovation.model.lives import DEMAND_LIFE, ESTATE_LIFE, PROJECT_LIFE, Step
from renovation.model.places import RenovationStatus
from renovation.store import Store

_LIVE = "('priced', 'in_poll', 'chosen', 'in_programme', 'in_works', 'done')"
_HOLDING = "('in_programme', 'in_works')"


def faults(store: Store) -> list[str]:
    """Return everything that contradicts one life and one book, in words for whoever has to find out why."""
    with store.read() as connection:
        return [
            fault
            for check in (_projects, _programmes, _polls, _demands, _estates, _pots)
            for fault in check(connection)
        ]


def _rows(connection: sa.Connection, query: str) -> list[Any]:
    return list(connection.execute(sa.text(query)).mappings())


def _held(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _adopted(connection: sa.Connection) -> list[dict[str, Any]]:
    rows = _rows(connection, "SELECT * FROM scenario WHERE state = 'adopted' ORDER BY first_year")
    return [{**row, "basis": _held(row["basis"]), "programme": _held(row["programme"])} for row in rows]


def _projects(connection: sa.Connection) -> Iterator[str]:
    """Every project's history leads from its beginning to where it stands, by steps of the table."""
    known = {(step.before.value, step.act.value, step.after.value) for step in PROJECT_LIFE.steps}
    steps: dict[int, list[Any]] = defaultdict(list)
    for row in _rows(connection, "SELECT * FROM project_step ORDER BY id"):
        steps[row["project_id"]].append(row)
    for one in _rows(connection, "SELECT id, code, status FROM project"):
        found = steps[one["id"]]
        if not found or found[0]["act"] != PROJECT_LIFE.born.value:
            yield f"{one['code']} has no beginning"
            continue
        at = PROJECT_LIFE.begins.value
        for step in found[1:]:
            if step["status_before"] != at:
                yield f"{one['code']}: {step['act']} begins in {step['status_before']}, and it stood in {at}"
            if (step["status_before"], step["act"], step["status_after"]) not in known:
                yield f"{one['code']}: no such step {step['status_before']} {step['act']} {step['status_after']}"
            at = step["status_after"]
        if at != one["status"]:
            yield f"{one['code']} is {one['status']}, its history ends in {at}"


def _programmes(connection: sa.Connection) -> Iterator[str]:
    """A project in the programme stands in one, is bought by one, and what a programme holds has not gone back."""
    statuses = {row["code"]: row["status"] for row in _rows(connection, "SELECT code, status FROM project")}
    buys: dict[str, list[str]] = defaultdict(list)
    for held in _adopted(connection):
        for line in held["programme"]["chosen"]:
            code = line["project"]
            if not held["basis"]["places"][code].get("promised_by"):
                buys[code].append(held["name"])
            elif not buys[code]:
                yield f"{code} is promised in {held['name']} by nobody"
            if statuses[code] not in ("in_programme", "in_works", "done", "withdrawn"):
                yield f"{code} stands in {held['name']} and is {statuses[code]}"
    for code, names in buys.items():
        if len(names) > 1:
            yield f"{code} is bought by {' and '.join(names)}"
    for code, status in statuses.items():
        if status == "in_programme" and not buys[code]:
            yield f"{code} is in the programme, and no programme holds it"


def _polls(connection: sa.Connection) -> Iterator[str]:
    query = """
        SELECT project.code, project.status, COUNT(poll.id) AS polls FROM project
        LEFT JOIN poll_project ON poll_project.project_id = project.id
        LEFT JOIN poll ON poll.id = poll_project.poll_id AND poll.stage IN ('open', 'closed', 'reconciled')
        GROUP BY project.code, project.status
    """
    for row in _rows(connection, query):
        if (row["status"] == "in_poll") is not (row["polls"] == 1):
            yield f"{row['code']} is {row['status']} and stands on {row['polls']} ballots"


def _demands(connection: sa.Connection) -> Iterator[str]:
    """What is in a project has a live one, what waits has none, and a demand's history ends where it stands."""
    query = f"""
        SELECT demand.id, demand.receipt, demand.status, COUNT(project.id) AS live FROM demand
        LEFT JOIN project_demand ON project_demand.demand_id = demand.id
        LEFT JOIN project ON project.id = project_demand.project_id AND project.status IN {_LIVE}
        GROUP BY demand.id, demand.receipt, demand.status
    """
    last: dict[int, str] = {}
    statuses = {status.value for status in DemandStatus}
    for row in _rows(connection, "SELECT demand_id, step FROM demand_event ORDER BY id"):
        if row["step"] in statuses:
            last[row["demand_id"]] = row["step"]
    for row in _rows(connection, query):
        if row["status"] == "in_project" and not row["live"]:
            yield f"{row['receipt']} is in a project that is none"
        if row["status"] == "received" and row["live"]:
            yield f"{row['receipt']} waits, and {row['live']} projects answer it"
        if last.get(row["id"], DEMAND_LIFE.begins.value) != row["status"]:
            yield f"{row['receipt']} is {row['status']}, its history ends in {last.get(row['id'])}"


def _estates(connection: sa.Connection) -> Iterator[str]:
    """An estate is held exactly as long as a batch, a programme or works hold it, and its history says why."""
    listed = {
        line["estate_id"]
        for row in _rows(connection, "SELECT content FROM annual_batch")
        for line in _held(row["content"])["lines"]
        if line["standing"] == "in_batch"
    }
    query = f"""
        SELECT estate.id, estate.name, estate.status, estate.own_status,
               COUNT(CASE WHEN project.status = 'in_works' THEN 1 END) AS works, COUNT(project.id) AS held
        FROM estate LEFT JOIN project ON project.estate_id = estate.id AND project.status IN {_HOLDING}
        GROUP BY estate.id, estate.name, estate.status, estate.own_status
    """
    last: dict[int, list[str]] = {}
    for row in _rows(connection, "SELECT estate_id, fields FROM estate_change ORDER BY id"):
        if "status" in (fields := _held(row["fields"])):
            before, after = fields["status"]
            if row["estate_id"] in last and last[row["estate_id"]][1] != before:
                yield f"estate {row['estate_id']}: a change begins in {before}, the one before ended elsewhere"
            act = json.loads(fields["through"][1])[0] if "through" in fields else "record"
            if not any(
                step.act.value == act
                for step in ESTATE_LIFE.steps
                if step == Step(RenovationStatus(before), step.act, RenovationStatus(after))
            ):
                yield f"estate {row['estate_id']}: no such step {before} {act} {after}"
            last[row["estate_id"]] = [before, after]
    for row in _rows(connection, query):
        name, status = row["name"], row["status"]
        if row["works"] and status != "in_works":
            yield f"{name} has works and is {status}"
        elif row["held"] and status not in ("listed", "in_works"):
            yield f"{name} stands in a programme and is {status}"
        if row["held"] and row["own_status"] is None:
            yield f"{name} is held and forgot what it was"
        if row["own_status"] is not None and not row["held"] and row["id"] not in listed:
            yield f"{name} is held by nobody"
        if row["id"] in last and last[row["id"]][1] != status:
            yield f"{name} is {status}, its history ends in {last[row['id']][1]}"


def _pots(connection: sa.Connection) -> Iterator[str]:
    """No pot has promised more than it has, and no programme pays for what a project's sources cover already.

    What a programme pays and what was recorded for the same project from the same pot since is one promise.
    """
    recorded: dict[tuple[int, int], int] = defaultdict(int)
    query = """
        SELECT project_funding.project_id, pot_id, pledged, COALESCE(SUM(payment.amount), 0) AS received
        FROM project_funding LEFT JOIN payment ON payment.funding_id = project_funding.id AND payment.undone_on IS NULL
        WHERE pot_id IS NOT NULL GROUP BY project_funding.id, project_funding.project_id, pot_id, pledged
    """
    for row in _rows(connection, query):
        recorded[row["project_id"], row["pot_id"]] += max(row["pledged"], row["received"])
    decided: dict[int, int] = defaultdict(int)
    paid_by: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    gone = {row["id"] for row in _rows(connection, "SELECT id FROM project WHERE status = 'withdrawn'")}
    for held in _adopted(connection):
        for line in held["programme"]["chosen"]:
            place = held["basis"]["places"][line["project"]]
            number = place["project_id"]
            # A programme keeps the cost it was decided on, whatever a review says afterwards; the money's page tells.
            decided[number] = max(decided[number], place["whole_cost"])
            for pot, paid in line["payments"]:
                then = sum(one["amount"] for one in place["other_money"] if one["pot"] == pot and one["is_recorded"])
                if number not in gone:
                    paid_by[number, int(pot)].append((paid, then))
    planned = {
        key: max(0, sum(paid for paid, _ in found) - max(0, recorded[key] - min(then for _, then in found)))
        for key, found in paid_by.items()
    }
    by_pot: dict[int, int] = defaultdict(int)
    by_project: dict[int, int] = defaultdict(int)
    for found in (recorded, planned):
        for (number, pot), amount in found.items():
            by_pot[pot] += amount
            by_project[number] += amount
    pots = {row["id"]: row for row in _rows(connection, "SELECT id, name, amount FROM pot")}
    for pot, amount in by_pot.items():
        if amount and pot not in pots:
            yield f"pot {pot} is gone and has promised {amount}"
        elif amount > pots[pot]["amount"]:
            yield f"{pots[pot]['name']} has {pots[pot]['amount']} and promised {amount}"
    costs = {row["id"]: row for row in _rows(connection, "SELECT id, code, cost FROM project")}
    for (number, _), amount in planned.items():
        one = costs[number]
        if amount and by_project[number] > max(one["cost"], decided[number]):
            yield f"{one['code']} costs {one['cost']} and is promised {by_project[number]}, some of it by a programme"
