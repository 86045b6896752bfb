"""Whether a ballot is on the list, without a word of it in an address."""

from __future__ import annotations

from typing import Any

from renovation.model import addresses
from renovation.model.accounts import PUBLIC
from renovation.model.polls import Channel
from renovation.services.polls import voting
from renovation.store import Store


def test_a_receipt_is_checked_without_scripts(store: Store, held: Any, resident: Any) -> None:
    given = voting.cast_ballot(store, PUBLIC, held.codes[0], ("P1",), channel=Channel.PHONE).code
    answer = resident.post_form(addresses.RECEIPT, {"receipt": given}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, addresses.RECEIPT)
    assert given.split("-")[2] not in "".join(answer.headers.values())
    page = resident.get(addresses.RECEIPT)
    assert "“糖厂三号改什么”的名单里，您的票已计入" in page.text
    assert given not in page.text
    # Looked at again, it says the same; asked anew, something else.
    assert resident.get(addresses.RECEIPT).text == page.text
    changed = given[:-1] + str((int(given[-1]) + 1) % 10)
    assert "没有找到这张投票回执" in resident.post_form(addresses.RECEIPT, {"receipt": changed}).text


def test_what_is_no_receipt_is_said_beside_what_was_typed(resident: Any) -> None:
    answer = resident.post_form(addresses.RECEIPT, {"receipt": '"><i>我投了一号'})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "&#34;&gt;&lt;i&gt;我投了一号" in answer.text


def test_guesses_of_an_address_wait(resident: Any) -> None:
    said = [
        resident.post_form(addresses.RECEIPT, {"receipt": f"松树-海鸥-482-739-{1000 + turn}"}) for turn in range(12)
    ]
    assert [one.status_code for one in said].count(503) >= 1
    assert said[0].status_code == 200


def test_a_forged_or_foreign_ticket_says_nothing(resident: Any) -> None:
    resident.cookies.set("renovation_ticket", "eyJzYWlkIjoicmVjZWlwdC5saXN0ZWQifQ.aaaa.bbbb")
    assert 'role="status"' not in resident.get(addresses.RECEIPT).text
