"""Every part of a survey's page, at a desk and on a phone, checked with axe-core against WCAG 2.2 A and AA."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from browser_harness import LAPTOP, PHONE, Staff, Visit, opened, serve_app, violations

from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.surveys import FormKind, SurveyDraft, Worker
from renovation.services.demo.surveys import LEAD
from renovation.services.surveys import campaigns
from renovation.text import Language, text

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPERATOR = Actor(role=Role.ADMIN, login="cli")
PARTS = {
    FormKind.OPINION: ("doors", "keying", "figures", "follows", "papers", "setup"),
    FormKind.SATISFACTION: ("doors", "keying"),
    FormKind.BUILDING: ("sheets", "keying", "papers", "setup"),
}


@pytest.fixture(scope="module")
def home(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration city, for this file alone: other tests read every word of theirs."""
    return shutil.copytree(demonstration_template, tmp_path_factory.mktemp("surveys") / "home")


@pytest.fixture(scope="module")
def app(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app serves it."""
    with serve_app(home, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="module")
def surveys(home: Path) -> dict[FormKind, int]:
    """A campaign of each form: the one of the demonstration that is half way, and two that have just begun."""
    with opened(home) as store:
        half_way = sorted(campaigns.surveys(store, OPERATOR), key=lambda one: one.id)[1]
        found = {FormKind.OPINION: half_way.id}
        for kind in (FormKind.SATISFACTION, FormKind.BUILDING):
            draft = SurveyDraft(
                name=f"{half_way.draft.name} {kind.value}",
                kind=kind,
                estate_ids=half_way.draft.estate_ids,
                begins_on=today(),
                ends_on=today() + timedelta(days=30),
                keep_until=today() + timedelta(days=90),
            )
            found[kind] = campaigns.create_survey(store, OPERATOR, draft)
            campaigns.set_workers(store, OPERATOR, found[kind], (Worker(login=LEAD, leads=True),))
    return found


@pytest.mark.parametrize("kind", FormKind)
def test_every_part_of_a_survey(
    kind: FormKind, visit: Callable[..., Visit], app: str, home: Path, surveys: dict[FormKind, int]
) -> None:
    window = visit(app)
    with opened(home) as store:
        window.sign_in(Staff(store).token(Role.SOCIAL_WORKER))
    found = {}
    for size in (LAPTOP, PHONE):
        window.resize(size)
        window.open(f"surveys?survey={surveys[kind]}")
        for part in PARTS[kind]:
            words = text(f"survey.tab.{part}", Language.ZH)
            window.page.get_by_test_id("stMain").get_by_role("radio", name=words).first.click()
            window.idle()
            # Lists of the navigation are Streamlit's own.
            bad = [one for one in violations(window.page) if not one.startswith(("list: ", "listitem: "))]
            if bad or window.overflow() > 0:
                found[part, size["width"]] = bad, window.overflow()
    assert found == {}
    window.assert_clean()
