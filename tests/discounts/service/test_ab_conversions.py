"""Conversions of marked orders reach the running test, with the journal's number."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.analytics.enums import MetricKind
from chalicelib.analytics.service import exposures, register_site
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.models import APP, Discount, OrderUsage, UsageJournal
from chalicelib.discounts.repository import order_usages
from chalicelib.discounts.service import ab_conversions, ab_tests
from chalicelib.discounts.service.ab_marks import ATTRIBUTE, Mark, sign_mark
from chalicelib.kit import clock
from chalicelib.shops.schemas.orders import OrderUpdated
from infra.bench.round_trips import metered
from tests.analytics.collection_factories import queued_events
from tests.analytics.experiment_factories import running_experiment
from tests.discounts.faults import killed_at, without_waits
from tests.discounts.merchants import DiscountShop
from tests.discounts.routes.test_ab_tests import started
from tests.discounts.service.test_journal import order
from tests.discounts.usage_factories import (
    SHOP,
    order_message,
    order_time,
    put_discounts,
    put_shop,
    record,
    refund_message,
)

TENANT = f"shop:{SHOP}:{APP}"


@pytest.fixture(autouse=True)
def _shop(engine: Any) -> Iterator[None]:
    exposures.forget()
    put_shop()
    put_discounts()
    with without_waits():
        yield
    exposures.forget()


@pytest.fixture
def test_id(engine: Any) -> str:
    """A running test of the discount d1 for RED."""
    register_site(TENANT, SHOP, origins=[f"https://{SHOP}"])
    test = running_experiment(kind=MetricKind.MEAN, tenant=TENANT)
    Discount(SHOP, "d1").update([Discount.ab_test_id.set(test), Discount.live.set(SHOP), Discount.skus.set(["RED"])])
    return test


def marked(test: str, text: str | None = None, **changes: Any) -> OrderUpdated:
    """Return an order of two lines, one of them of the tested item, with the mark of variant b."""
    order_id, snapshot = order(1, line_count=2)
    other = replace(snapshot.lines[1], line=replace(snapshot.lines[1].line, item="BLUE"))
    message = order_message(order_id, replace(snapshot, lines=(snapshot.lines[0], other), **changes))
    mark = sign_mark(SHOP, Mark(test, "b", "v1")) if text is None else text
    return message.model_copy(update={"attributes": {ATTRIBUTE: mark}})


def conversions() -> list[tuple[str | None, str, int | None]]:
    """Return subject, value and version of the conversions that were sent."""
    events = [event for message in queued_events() for event in message.events]
    return [(each.user_id, str(each.value), each.version) for each in events]


def test_the_revenue_of_the_tested_items_is_sent_and_corrected(test_id: str) -> None:
    assert record([marked(test_id)]) == []
    assert conversions() == [("v1", "18", 1)]
    assert record([refund_message("gid://shopify/Order/1", {"r1": {"l0": 1, "l1": 2}}, order_time())]) == []
    assert conversions() == [("v1", "9", 2)]
    assert record([marked(test_id, key="5", cancelled_at=order_time())]) == []
    assert conversions() == [("v1", "0", 3)]
    assert OrderUsage.get(SHOP, "gid://shopify/Order/1").ab_variant == f"{test_id}.b"


def test_without_a_genuine_mark_of_a_running_test_nothing_is_sent(test_id: str) -> None:
    forged = sign_mark("other.myshopify.com", Mark(test_id, "b", "v1"))
    assert record([marked(test_id, text=forged)]) == []
    assert OrderUsage.get(SHOP, "gid://shopify/Order/1").ab_variant is None
    assert record([marked(test_id, text="a.b.c", key="2")]) == []
    Discount(SHOP, "d1").update([Discount.ab_test_id.remove()])
    assert record([marked(test_id, key="3")]) == []
    assert conversions() == []


def test_a_crash_before_the_close_sends_the_same_conversion_again(test_id: str) -> None:
    expected = ("v1", "18", 1)
    crashes, message = 0, marked(test_id)
    for number in range(14, 40, 3):
        UsageJournal(SHOP).delete()
        OrderUsage(SHOP, "gid://shopify/Order/1").delete()
        crashes += killed_at(number, "before-call", lambda: record([message]))
        assert record([message]) == []
        assert {*conversions()} <= {expected}
    assert crashes > 2


def test_a_test_that_analytics_does_not_know_ends_no_journal(test_id: str) -> None:
    Discount(SHOP, "d1").update([Discount.ab_test_id.set("gone")])
    assert record([marked("gone")]) == []
    assert UsageJournal.get(SHOP).open_key is None
    assert conversions() == []


def test_the_visitor_of_an_erased_customer_does_not_come_back(test_id: str) -> None:
    visitor = "visitor-123456"
    mark = sign_mark(SHOP, Mark(test_id, "b", visitor))
    assert record([marked(test_id, text=mark)]) == []
    row = OrderUsage.get(SHOP, "gid://shopify/Order/1")
    assert row.ab_visitor == visitor
    assert visitor not in gzip.decompress(base64.b64decode(row.lines)).decode()
    order_usages.without_customer(row).save()
    assert len(conversions()) == 1
    assert record([marked(test_id, text=mark, key="2", customer=None)]) == []
    erased = OrderUsage.get(SHOP, "gid://shopify/Order/1")
    assert erased.ab_variant == f"{test_id}.b"
    assert erased.ab_visitor is None
    assert conversions() == []


def test_a_variant_of_the_test_counts_by_its_id(test_id: str) -> None:
    Discount(SHOP, "d1").update([Discount.skus.set(["gid://shopify/ProductVariant/9"])])
    message = marked(test_id)
    lines = [message.lines[0].model_copy(update={"variant_id": "gid://shopify/ProductVariant/9"}), message.lines[1]]
    assert record([message.model_copy(update={"lines": lines})]) == []
    [(_, value, _)] = conversions()
    assert Decimal(value) == 18


def ended_test(discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> tuple[str, datetime]:
    """Run a test of RED for an hour; return its id and its end."""
    exposures.forget()
    discount = discount_shop.add(skus=["RED"])
    test = started(discount_shop, discount)
    later = clock.now() + timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        ab_tests.stop_test(discount_shop.shop, test["test_id"])
    assert discount_shop.drain() == []
    queued_events()
    return test["test_id"], later


def marked_at(shop: str, test: str, at: datetime) -> OrderUpdated:
    order_id, snapshot = order(1)
    message = order_message(order_id, replace(snapshot, created_at=at), shop)
    return message.model_copy(update={"attributes": {ATTRIBUTE: sign_mark(shop, Mark(test, "b", "v1"))}})


@pytest.mark.parametrize(("minutes", "expected"), [(-1, [("v1", "18", 1)]), (0, []), (1, [])])
def test_an_order_of_the_tests_time_counts_after_its_stop(
    discount_shop: DiscountShop,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    expected: list[tuple[str, str, int]],
) -> None:
    test, ended_at = ended_test(discount_shop, monkeypatch)
    assert record([marked_at(discount_shop.shop, test, ended_at + timedelta(minutes=minutes))]) == []
    assert conversions() == expected


def test_orders_of_an_ended_test_cost_three_reads(discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> None:
    test, ended_at = ended_test(discount_shop, monkeypatch)
    state = OrderState("o1", ended_at.date(), ended_at - timedelta(minutes=1), "USD", ab_mark=f"{test}.b.v1")
    with metered() as without_mark:
        assert ab_conversions.conversions_of(discount_shop.shop, [replace(state, ab_mark=None)] * 9) == []
    assert without_mark.cost.reads == 0
    with metered() as one:
        assert len(ab_conversions.conversions_of(discount_shop.shop, [state])) == 1
    with metered() as many:
        assert len(ab_conversions.conversions_of(discount_shop.shop, [state] * 9)) == 9
    assert one.cost.reads == many.cost.reads == 5
