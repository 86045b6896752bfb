"""Two estates with a project each, and pots of two years."""

from __future__ import annotations

from decimal import Decimal

import pytest

from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.funding import Pot, SourceKind
from renovation.model.projects import ProjectDraft
from renovation.services.money import pots
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.schema.places import area, estate

WAN = 1_000_000


@pytest.fixture
def two_estates(store: Store, planner: Actor) -> None:
    """Two estates with a project of 10 万元 each; 30 万元 of 2027 and 5 万元 of 2028."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        unit.connection.execute(area.insert().values(id=1, level="county", code="441302", name="惠城区"))
        for number in (1, 2):
            unit.connection.execute(
                estate.insert().values(
                    id=number, code=f"E{number}", name=f"糖厂{number}号", status="listed", county_id=1, households=100
                )
            )
            costs = {"cost": 10 * WAN, "cost_low": 1, "cost_high": 20 * WAN}
            made = ProjectDraft(estate_id=number, item_code="W02", name=f"照明{number}", quantity=Decimal(1), **costs)
            projects.add(unit.connection, made, unit="处", at=now())
        unit.commit()
    pots.keep_pot(store, planner, Pot(id="", name="区级", year=2027, amount=30 * WAN))
    pots.keep_pot(store, planner, Pot(id="", name="市级", year=2028, amount=5 * WAN, level=SourceKind.CITY))
