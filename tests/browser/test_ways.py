"""Ways both ways: a row opens by a click, by two and by Enter, and a project's card leads to all that hangs on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from browser_harness import Staff, Visit, opened
from playwright.sync_api import expect

from renovation.model.accounts import Role
from renovation.text import Language, text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Pixels of a grid: the middle of its first line, and of a column that opens nothing.
_LINE = 38 + 17


@pytest.fixture
def window(app: str, staff: Staff, visit: Callable[..., Visit]) -> Visit:
    """A planner's window on the demonstration city."""
    begun = visit(app)
    begun.sign_in(staff.token(Role.PLANNER))
    return begun


def cell(window: Visit, across: int) -> tuple[float, float]:
    """Return where a cell of the first line of the page's last list is."""
    grid = window.page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    window.page.wait_for_timeout(700)
    box = grid.bounding_box()
    assert box is not None
    return box["x"] + across, box["y"] + _LINE


@pytest.mark.parametrize(
    ("page", "across", "to_the_left", "opened_page"),
    [("gates", 210, 1, "estate"), ("estates", 230, 1, "estate"), ("demands", 120, -1, "demand")],
)
def test_a_row_opens_by_enter_and_by_a_double_click(
    window: Visit, page: str, across: int, to_the_left: int, opened_page: str
) -> None:
    window.open(page)
    x, y = cell(window, across)
    # On a cell that opens nothing, then by the keyboard alone to the one that does.
    window.page.mouse.click(x, y)
    window.idle()
    for _ in range(abs(to_the_left)):
        window.page.keyboard.press("ArrowLeft" if to_the_left > 0 else "ArrowRight")
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(re.compile(rf"/{opened_page}\?"))
    by_keys = window.page.url
    window.idle()
    window.open(page)
    x, y = cell(window, across - 90 * to_the_left)
    window.page.mouse.dblclick(x, y)
    window.page.wait_for_url(by_keys)
    window.idle()
    window.assert_clean()


def rows(home: Path, query: str) -> list[Any]:
    """Ask the database itself."""
    with opened(home) as store, store.read() as connection:
        return list(connection.execute(sa.text(query)))


def test_a_card_leads_to_estate_demand_money_poll_result_programme_and_scenario(
    window: Visit, demonstration: Path
) -> None:
    [(planned, estate, estate_name, year, scenario)] = rows(
        demonstration,
        """SELECT p.id, e.id, e.name, s.first_year, s.name FROM project p JOIN estate e ON p.estate_id = e.id
           JOIN project_step t ON t.project_id = p.id JOIN project_demand d ON d.project_id = p.id
           JOIN scenario s ON s.state = 'adopted'
           WHERE p.status = 'in_programme' AND t.act = 'adopt' ORDER BY p.id LIMIT 1""",
    )
    [(voted, poll, title, listed)] = rows(
        demonstration,
        """SELECT b.project_id, p.id, p.title, b.name FROM poll p JOIN poll_project b ON b.poll_id = p.id
           WHERE p.stage = 'published' AND b.project_id IS NOT NULL ORDER BY b.project_id LIMIT 1""",
    )
    main = window.page.get_by_test_id("stMain")

    def follow(project: int, role: str, words: str, address: str, seen: str) -> None:
        window.open(f"projects?project={project}")
        main.get_by_role(role, name=words).first.click()  # type: ignore[arg-type]
        window.page.wait_for_url(re.compile(address))
        window.idle()
        expect(main).to_contain_text(seen)

    def said(key: str, **fields: object) -> str:
        return text(key, Language.ZH, **fields)

    [(name,)] = rows(demonstration, f"SELECT name FROM project WHERE id = {planned}")
    [(demand, words)] = rows(
        demonstration,
        f"""SELECT d.id, d.text FROM demand d JOIN project_demand l ON l.demand_id = d.id
            WHERE l.project_id = {planned} ORDER BY d.supporters DESC, d.id LIMIT 1""",
    )
    follow(planned, "link", said("project.to_estate"), rf"/estate\?estate={estate}$", estate_name)
    follow(planned, "link", said("project.to_money"), rf"/money\?project={planned}$", name)
    follow(planned, "button", words[:20], rf"/demand\?demand={demand}$", words)
    follow(planned, "link", said("project.to_scenario", name=scenario), rf"/scenarios\?year={year}$", scenario)
    papers = said("project.to_programme", year=str(year))
    follow(planned, "link", papers, rf"/programme_documents\?year={year}$", f"{year} 年")
    follow(voted, "button", title, rf"/polls\?poll={poll}$", title)
    follow(voted, "link", said("project.to_result"), rf"/results\?poll={poll}$", listed)
    window.assert_clean()
