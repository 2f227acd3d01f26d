"""Concurrent requests and crashes while discounts are saved; faults of Shopify at any call of a publication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import pytest

from chalicelib.discounts.domain.discount_rules import MAX_LIVE_DISCOUNTS, ShopFacts
from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.errors import LimitReached, NameTaken
from chalicelib.discounts.models import Discount, DiscountName, UsageJournal
from chalicelib.discounts.schemas.discounts import DiscountCreate, DiscountUpdate
from chalicelib.discounts.service import discounts, name_cleanup, publication, reconciliation
from chalicelib.discounts.service.discounts import Editor
from chalicelib.integrations.shopify import http_client
from chalicelib.kit import clock
from chalicelib.kit.errors import Problem, Unavailable, VersionMismatch
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service.webhook_registration import register_webhooks
from infra.sandbox.shopify import ShopifySandbox
from tests.analytics.crashes import Killed, before_write, kill
from tests.discounts.merchants import DiscountShop, Json, discount_body
from tests.discounts.scenarios.test_publication import changed_message, nodes

EDITOR = Editor("races.myshopify.com", ShopFacts("USD", "Basic"))
WORKERS = 8
DAY = date(2026, 6, 1)


def body(**fields: Any) -> DiscountCreate:
    return DiscountCreate.model_validate(discount_body(**fields))


def outcomes(act: Callable[[int], object]) -> list[str]:
    """Call `act` in WORKERS threads at once; return the names of the errors, `ok` without one."""

    def run(number: int) -> str:
        try:
            act(number)
        except Problem as problem:
            return problem.code
        return "ok"

    with ThreadPoolExecutor(WORKERS) as pool:
        return sorted(pool.map(run, range(WORKERS)))


def test_one_of_concurrent_requests_gets_a_name() -> None:
    results = outcomes(lambda number: discounts.add_discount(EDITOR, body(title="Sale"), None))
    assert results.count("ok") == 1
    assert set(results) == {"ok", NameTaken.__name__}
    assert UsageJournal.get(EDITOR.shop).live_discounts == 1


def test_concurrent_requests_do_not_exceed_the_limit() -> None:
    UsageJournal(EDITOR.shop, live_discounts=MAX_LIVE_DISCOUNTS - 2).save()
    results = outcomes(lambda number: discounts.add_discount(EDITOR, body(), None))
    assert results.count("ok") == 2
    assert results.count(LimitReached.__name__) == WORKERS - 2


def test_one_of_concurrent_changes_of_a_version_is_saved() -> None:
    discount = discounts.add_discount(EDITOR, body(skus=["A"]), None)

    def change(number: int) -> object:
        update = DiscountUpdate.model_validate({"skus": [f"B{number}"]})
        return discounts.change_discount(EDITOR, discount.discount_id, update, "1")

    results = outcomes(change)
    assert results.count("ok") == 1
    assert set(results) == {"ok", VersionMismatch.__name__}
    row = Discount.get(EDITOR.shop, discount.discount_id)
    assert row.version == 2
    assert f"sku:{row.skus[0]}#{discount.discount_id}" in {each.name for each in DiscountName.query(EDITOR.shop)}


@pytest.mark.parametrize("number", range(3))
def test_a_crash_while_a_discount_is_saved_leaves_the_old_version_whole(number: int) -> None:
    discount = discounts.add_discount(EDITOR, body(title="Old", skus=["A", "B"]), None)
    update = DiscountUpdate.model_validate({"title": "New", "skus": ["B", "C"]})
    with before_write(number, kill, operations=WRITES), pytest.raises(Killed):
        discounts.change_discount(EDITOR, discount.discount_id, update, "1")
    row = Discount.get(EDITOR.shop, discount.discount_id)
    names = {each.name for each in DiscountName.query(EDITOR.shop) if each.until is None}
    title, version = ("title:new", 2) if number == 2 else ("title:old", 1)
    assert (row.version, title in names) == (version, True)
    assert {f"sku:{item}#{row.discount_id}" for item in row.skus} <= names


WRITES = ("BatchWriteItem", "TransactWriteItems")


def names_in_force() -> set[str]:
    return {each.name for each in DiscountName.query(EDITOR.shop) if each.until is None}


def test_a_refused_discount_leaves_no_names() -> None:
    discounts.add_discount(EDITOR, body(title="Sale", skus=["A"]), None)
    before = names_in_force()
    with pytest.raises(NameTaken):
        discounts.add_discount(EDITOR, body(title="SALE", skus=["B", "C"]), None)
    assert names_in_force() == before


@pytest.mark.parametrize("has_row", [False, True], ids=["no discount", "another title"])
def test_a_name_that_no_discount_has_is_free(has_row: bool) -> None:
    since, title = clock.now(), f"title:{'Sale'.casefold()}"
    owner = discounts.add_discount(EDITOR, body(title="Other"), None).discount_id if has_row else "lost"
    DiscountName(EDITOR.shop, title, discount_id=owner, kind=NameKind.TITLE, since=since).save()
    DiscountName(EDITOR.shop, "code:ten", discount_id=owner, kind=NameKind.CODE, since=since).save()
    created = discounts.add_discount(EDITOR, body(title="Sale"), None)
    assert DiscountName.get(EDITOR.shop, title).discount_id == created.discount_id
    update = DiscountUpdate.model_validate({"discount_code": "TEN"})
    assert discounts.change_discount(EDITOR, created.discount_id, update, "1").discount_code == "TEN"
    assert DiscountName.get(EDITOR.shop, "code:ten").discount_id == created.discount_id


def test_a_lost_answer_of_the_save_keeps_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def save_twice(unit_of_work: Callable[[UnitOfWork], object]) -> None:
        run_unit_of_work(unit_of_work)
        run_unit_of_work(unit_of_work)

    monkeypatch.setattr(name_cleanup, "run_unit_of_work", save_twice)
    with pytest.raises(Problem):
        discounts.add_discount(EDITOR, body(title="Sale", skus=["A"]), None)
    [row] = Discount.query(EDITOR.shop)
    assert {"title:sale", f"sku:A#{row.discount_id}"} <= names_in_force()


@contextmanager
def at_call(number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Iterator[list[int]]:
    """Call `act` before the HTTP call to Shopify with this number, from 0; yield the calls."""
    original, calls = http_client.post, [0]

    def post(url: str, content: bytes, headers: dict[str, str]) -> dict[str, Any]:
        calls[0] += 1
        if calls[0] == number + 1:
            act()
        return original(url, content, headers)

    with monkeypatch.context() as patch:
        patch.setattr(http_client, "post", post)
        yield calls


FAULTS: dict[str, Callable[[ShopifySandbox, str], object]] = {
    "throttled": lambda shopify, shop: shopify.fail_next(1, 429, retry_after=1),
    "frozen": lambda shopify, shop: shopify.fail_next(1, 402),
    "revoked": lambda shopify, shop: shopify.revoke_tokens("discounts", shop),
    "uninstalled": lambda shopify, shop: shopify.uninstall("discounts", shop),
}


STEPS: dict[str, tuple[int, Callable[[DiscountShop, Json], object]]] = {
    "create": (3, lambda shop, discount: None),
    "change": (2, lambda shop, discount: shop.changed(discount, title=f"Changed {discount['discount_id']}")),
    "pause": (3, lambda shop, discount: shop.changed(discount, is_active=False)),
    "delete": (1, lambda shop, discount: shop.remove(discount)),
}
"""What a merchant does in turn, with the number of calls to Shopify that follow it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_leaves_nothing_stuck(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    shop = discount_shop
    is_removed = fault in ("revoked", "uninstalled")
    steps = dict(list(STEPS.items())[:2]) if is_removed else STEPS  # an installation takes long
    for number in range(3):
        discount_id = shop.add()["discount_id"]
        for name, (call_count, step) in steps.items():
            step(shop, shop.get(discount_id))
            if number >= call_count:
                assert shop.drain() == []
                continue
            with at_call(number, monkeypatch, lambda: FAULTS[fault](shop.shopify, shop.shop)) as calls:
                publish(shop, discount_id)
            assert calls[0] > number
            recover(shop, fault)
            row = Discount.get(shop.shop, discount_id)
            if name != "delete":  # a deleted discount has no node; nobody looks at its publication
                assert row.published_version == row.version, (name, number)
                assert row.publication_error is None, (name, number)
            assert [node["title"] for node in nodes(shop)] == [row.title] * (name != "delete"), (name, number)
        if is_removed:
            shop.remove(shop.get(discount_id))
            assert shop.drain() == []


def publish(shop: DiscountShop, discount_id: str) -> None:
    """Let a worker publish, which may be refused for now."""
    with suppress(Unavailable):
        publication.publish_discount(changed_message(shop, {"discount_id": discount_id}))


def recover(shop: DiscountShop, fault: str) -> None:
    """Run the later steps: the merchant opens the app again, the shop is called, the day is closed."""
    shop.shopify.fail_next(0)
    if fault == "frozen":
        register_webhooks(RegistrationRequested(shop=shop.shop, app="discounts"))
    if fault in ("revoked", "uninstalled"):
        shop.drain()
        shop.install()
    reconciliation.reconcile_discounts(shop.shop, DAY)
    assert shop.drain() == []
