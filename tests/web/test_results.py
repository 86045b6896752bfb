"""What was decided, with a reason for every project: for everybody, small, and nothing before it is published."""

from __future__ import annotations

import re
from typing import Any

import pytest

from renovation.config import CHECKOUT
from renovation.imports.polls.pabulib import read_pabulib
from renovation.model import addresses
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import today
from renovation.model.polls import Channel, PollStage
from renovation.services.outcome import publishing
from renovation.services.polls import polls, voting, ways_out
from renovation.services.polls.elections import import_election
from renovation.store import Store
from renovation.store.schema.polls import poll
from renovation.web.outcome import results

WIELICZKA = CHECKOUT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"
SECOND = Actor(role=Role.OBSERVER, login="zweite")


@pytest.fixture
def published(store: Store, held: Any, admin: Actor) -> str:
    """A published poll: the first two projects win, the third does not fit."""
    for code, choices in zip(held.codes, (("P1", "P2"), ("P2",), (), ("P1", "P3")), strict=False):
        voting.cast_ballot(store, PUBLIC, code, choices, channel=Channel.PHONE)
    polls.close_poll(store, admin, held.poll_id)
    publishing.reconcile_poll(store, admin, held.poll_id)
    publishing.publish_poll(store, admin, held.poll_id)
    return str(held.poll_id)


def test_nothing_is_told_before_it_is_published(resident: Any, held: Any) -> None:
    answer = resident.get(addresses.RESULTS, params={"poll": held.poll_id})
    assert "还没有公布的结果" in answer.text
    assert "糖厂三号" not in answer.text
    assert resident.get(f"{addresses.RESULTS}/bundle", params={"poll": held.poll_id}).status_code in (403, 404, 422)


def test_every_project_has_its_reason_and_place(resident: Any, store: Store, published: str) -> None:
    page = resident.get(addresses.RESULTS).text
    assert "入选 2 项" in page
    assert "4 张选票" in page
    assert page.count("<li class=") == 3
    assert page.count('class="yes"') == 2
    # What was typed is plain words, stars included.
    assert "项目 1 &lt;b&gt;*号*&lt;/b&gt;" in page
    assert re.search(r"<circle cx=\"[\d.]+\" cy=\"[\d.]+\" r=\"10\"", page)
    root = polls.get_poll(store, PUBLIC, published).meta["ledger_root"]
    assert root in page
    assert page.index("项目 1") < page.index("项目 3")
    assert "没有找到" in resident.get(addresses.RESULTS, params={"find": "没有的词"}).text
    assert resident.get(addresses.RESULTS, params={"order": "cost"}).status_code == 200
    assert resident.get(addresses.RESULTS, params={"from": "999999999999999999999", "order": "?"}).status_code == 200


def test_the_bundle_is_for_everybody(resident: Any, store: Store, published: str) -> None:
    answer = resident.get(f"{addresses.RESULTS}/bundle", params={"poll": published})
    assert answer.content == publishing.bundle_file(store, PUBLIC, published)[2]
    assert answer.headers["content-disposition"].startswith("attachment")


def test_an_outcome_is_worked_out_and_sent_once_and_never_when_it_is_over(
    resident: Any, store: Store, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = resident.get(addresses.RESULTS)
    bundle = resident.get(f"{addresses.RESULTS}/bundle", params={"poll": published})
    with monkeypatch.context() as patch:
        patch.setattr(results, "_outcome_told", None)
        assert resident.get(addresses.RESULTS).text == first.text
        for address, answer in ((addresses.RESULTS, first), (str(bundle.url), bundle)):
            assert answer.headers["cache-control"] == "no-cache"
            known = resident.get(address, headers={"if-none-match": answer.headers["etag"]})
            assert (known.status_code, known.content) == (304, b"")
    # What somebody looks for is kept nowhere, and another language is another page.
    assert resident.get(addresses.RESULTS, params={"find": "项目"}).headers["cache-control"] == "no-store"
    english = resident.get(addresses.RESULTS, params={"lang": "en"}, headers={"if-none-match": first.headers["etag"]})
    assert english.status_code == 200
    # As where an earlier backup is put back.
    with store.write() as unit:
        unit.connection.execute(poll.update().where(poll.c.id == published).values(stage=PollStage.CLOSED.value))
        unit.commit()
    after = resident.get(addresses.RESULTS, headers={"if-none-match": first.headers["etag"]})
    assert after.status_code == 200
    assert "还没有公布的结果" in after.text
    assert resident.get(str(bundle.url), headers={"if-none-match": bundle.headers["etag"]}).status_code >= 400


def test_of_a_cancelled_poll_everybody_reads_why(resident: Any, store: Store, held: Any, admin: Actor) -> None:
    ways_out.mark_impossible(store, admin, held.poll_id, "P1", reason="下有高压电缆", second=SECOND)
    ways_out.cancel_poll(store, admin, held.poll_id, reason="预算没有落实", second=SECOND)
    page = resident.get(addresses.RESULTS).text
    assert f"{today().year}年" in page
    assert "预算没有落实" in page
    assert "下有高压电缆" in page


def test_a_large_election_stays_a_page_for_a_phone(resident: Any, store: Store, admin: Actor) -> None:
    made = import_election(store, admin, read_pabulib(WIELICZKA, voters=True), title="维利奇卡", source="file")
    with store.write() as unit:
        unit.connection.execute(poll.update().where(poll.c.id == made.id).values(stage=PollStage.PUBLISHED.value))
        unit.commit()
    page = resident.get(addresses.RESULTS)
    assert page.status_code == 200
    assert page.text.count("<li class=") == 20
    assert len(page.content) < 30_000
    following = re.search(r'href="(\?poll=[^"]*from=20)"', page.text)
    assert following
    second = resident.get(addresses.RESULTS + following[1].replace("&amp;", "&"))
    assert second.text.count("<li class=") == 20
    assert second.text != page.text
