"""A recount finds nothing after any usage, and repairs whatever was damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.discounts.domain import customer_figures, order_state
from chalicelib.discounts.domain.currency_keys import currency_suffix
from chalicelib.discounts.domain.deltas import Figure, FigureKey
from chalicelib.discounts.models import (
    APP,
    CustomerInsight,
    DailyDiscountStats,
    DiscountUsage,
    OrderUsage,
    ProductPerformance,
    UsageJournal,
)
from chalicelib.discounts.repository import archived_orders, order_usages, stock_days, usage_journals
from chalicelib.discounts.schemas.figures import CustomerFigureQuery, ProductFigureQuery
from chalicelib.discounts.service import figures, journal, rebuild, recount_requests, usage_plan
from chalicelib.discounts.service.journal_content import CounterWrite
from chalicelib.discounts.service.usage_plan import counter_writes
from chalicelib.kit import aws, clock, data_subjects, messages, tombstones
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.pagination import PageRequest
from chalicelib.retention.repository import deletes
from chalicelib.retention.rules import RULES
from chalicelib.retention.service import archived_objects, erasure, privacy_requests
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from infra.deploy import handlers
from tests import access
from tests.discounts.faults import interrupted_at, killed_at, without_waits
from tests.discounts.service.test_journal import CUSTOMER, first_batch, large_order, objects, order, second_batch
from tests.discounts.usage_factories import (
    SHOP,
    order_message,
    order_time,
    put_discounts,
    put_shop,
    record,
    refund_message,
    stored_figures,
)
from tests.retention.conftest import fire_sweep, nothing_in_progress

__all__ = ["nothing_in_progress"]


@pytest.fixture(autouse=True)
def _shop(engine: Any) -> Iterator[None]:
    put_shop()
    put_discounts()
    with without_waits():
        assert record(first_batch()) == record(second_batch()) == []
        yield


def differences() -> int:
    """Return the number of rows that a check finds, without a write."""
    result = rebuild.check_usage(SHOP)
    assert result is not None
    return result.differences


def test_a_recount_finds_nothing() -> None:
    assert rebuild.check_usage(SHOP) == rebuild.RebuildResult(3, 0)
    assert rebuild.rebuild_usage(SHOP) == rebuild.RebuildResult(3, 0)
    assert UsageJournal.get(SHOP).open_key is None


def test_damaged_lost_and_foreign_rows_are_repaired_once() -> None:
    expected = stored_figures()
    DiscountUsage(SHOP, "d1#RED").update(
        [DiscountUsage.times_used.add(5), DiscountUsage.discount_amount.add(Decimal(1))]
    )
    DailyDiscountStats(SHOP, order_time().date()).update([DailyDiscountStats.orders.add(-1)])
    ProductPerformance.get(SHOP, "RED").delete()
    CustomerInsight(SHOP, CUSTOMER).update([CustomerInsight.orders.set(9)])
    CustomerInsight(SHOP, "stray", orders=2, currency="USD").save()
    assert differences() == 5
    assert rebuild.rebuild_usage(SHOP).differences == 5
    assert stored_figures() == expected
    assert differences() == 0
    assert record(second_batch()) == []


def test_a_crash_of_a_rebuild_leaves_the_shop_to_others() -> None:
    expected = stored_figures()
    for number in range(2, 60, 6):
        DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(5)])
        with pytest.MonkeyPatch.context() as patch:
            if not killed_at(number, "before-call", lambda: rebuild.rebuild_usage(SHOP)):
                break
            later = clock.now() + rebuild.HOLD
            patch.setattr(clock, "now", lambda moment=later: moment)
            assert record(first_batch()) == []
            assert UsageJournal.get(SHOP).open_key is None or number < 3
            rebuild.rebuild_usage(SHOP)
            assert stored_figures() == expected, number


def test_messages_wait_while_a_rebuild_reads() -> None:
    failures = []

    def count_another() -> None:
        failures.extend(record([order_message(*order(9))]))

    interrupted_at(12, lambda: rebuild.rebuild_usage(SHOP), count_another)
    assert len(failures) == 1
    assert differences() == 0
    assert record(failures) == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 4


def test_a_worker_has_the_time_that_a_rebuild_may_take() -> None:
    [consumer] = [each for each in handlers.consumers() if each.name == "discounts-record_usage"]
    assert rebuild.HOLD < timedelta(seconds=consumer.timeout) < erasure.MAX_WORKER_TIME


def test_a_rebuild_closes_a_lost_journal() -> None:
    address = usage_journals.put_content(SHOP, {})
    assert usage_journals.claim_next(usage_journals.find_head(SHOP), address, clock.now())
    usage_journals.delete_content(address)
    assert rebuild.rebuild_usage(SHOP).differences == 0
    assert record([order_message(*order(9))]) == []


REFUSED_BY_CODE = FigureKey(Figure.SHOP_DAY, day="9998-01-01", currency="USD")
REFUSED_BY_DYNAMODB = FigureKey(Figure.PRODUCT, item="x" * 1_100, currency="USD")


@pytest.mark.parametrize("key", [REFUSED_BY_CODE, REFUSED_BY_DYNAMODB], ids=["code", "DynamoDB"])
def test_a_rebuild_closes_a_journal_that_cannot_be_applied(key: FigureKey) -> None:
    refused = CounterWrite(key, {"orders" if key is REFUSED_BY_CODE else "units_sold_with_discount": 1}, {})
    counted, late = order_message(*order(9)), order_message(*order(10))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage_plan, "counter_writes", lambda *given: [refused, *counter_writes(*given)])
        assert record([counted]) == [counted]
    assert record([late]) == [late]
    assert UsageJournal.get(SHOP).open_key
    rebuild.rebuild_usage(SHOP)
    assert UsageJournal.get(SHOP).open_key is None
    assert record([counted, late]) == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 5
    assert differences() == 0
    assert objects() == []


def test_a_recount_leaves_out_an_order_that_no_journal_can_write() -> None:
    order_id, snapshot = order(9)
    message = order_message(order_id, replace(snapshot, created_at=datetime(9998, 1, 1, tzinfo=UTC)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage_plan, "require_writable", lambda *_: None)
        assert record([message]) == [message]
    assert OrderUsage.get(SHOP, order_id)
    rebuild.rebuild_usage(SHOP)
    assert UsageJournal.get(SHOP).open_key is None
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 3
    assert differences() == 0
    changed = message.model_copy(
        update={"updated_at": message.triggered_at + timedelta(days=1), "cancelled_at": order_time()}
    )
    assert record([changed, order_message(*order(10))]) == [changed]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 4


def test_a_rebuild_leaves_a_journal_open_while_the_database_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(journal, "_apply", throttle)
    assert len(record([order_message(*order(9))])) == 1
    with pytest.raises(Unavailable):
        rebuild.rebuild_usage(SHOP)
    assert UsageJournal.get(SHOP).open_key


def test_erased_customers_leave_counts_that_a_recount_accepts() -> None:
    [row] = [row for row in OrderUsage.query(SHOP) if row.order_id.endswith("/3")]
    row.update([OrderUsage.customer_id.remove(), OrderUsage.shop_customer.remove()])
    row = OrderUsage.get(SHOP, "gid://shopify/Order/1")
    row.update([OrderUsage.customer_id.remove(), OrderUsage.shop_customer.remove()])
    CustomerInsight.get(SHOP, CUSTOMER).delete()
    assert DiscountUsage.get(SHOP, "d1#RED").unique_customers == 2
    assert differences() == 0


def test_a_later_message_without_the_erased_customer_leaves_the_counts() -> None:
    CustomerInsight.get(SHOP, CUSTOMER).delete()
    for number in (1, 3):
        row = OrderUsage.get(SHOP, f"gid://shopify/Order/{number}")
        row.update([OrderUsage.customer_id.remove(), OrderUsage.shop_customer.remove()])
        assert record([order_message(*order(number, customer=None, key="2"))]) == []
    assert rebuild.rebuild_usage(SHOP).differences == 0
    assert DiscountUsage.get(SHOP, "d1#RED").unique_customers == 2


def test_customers_with_too_many_uses_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_figures, "MAX_KEYS", 1)
    monkeypatch.setattr("chalicelib.discounts.domain.recount.MAX_KEYS", 1)
    order_id, snapshot = order(5)
    for number, item in enumerate(("BLUE", "RED", "BLUE")):
        message = order_message(f"{order_id}{number}", snapshot)
        line = message.lines[0].model_copy(update={"sku": item})
        assert record([message.model_copy(update={"lines": [line]})]) == []
    assert differences() == 0


def test_a_recount_finds_nothing_after_an_archive_run(
    monkeypatch: pytest.MonkeyPatch, drain: Callable[[], list[Any]]
) -> None:
    now = order_time() + timedelta(days=402)
    monkeypatch.setattr(clock, "now", lambda: now)
    later = order(8)
    message = order_message(later[0], later[1])
    recent = now - timedelta(days=3)
    assert (
        record([message.model_copy(update={"placed_at": recent, "updated_at": recent, "triggered_at": recent})]) == []
    )
    for rule in ("discounts/order_usages", "discounts/discount_daily", "discounts/inventory_impact"):
        assert rule in RULES
    fire_sweep(now)
    assert drain() == []
    assert [row.order_id for row in OrderUsage.query(SHOP)] == ["gid://shopify/Order/8"]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 4
    assert rebuild.check_usage(SHOP) == rebuild.RebuildResult(4, 0)
    DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(-1)])
    assert rebuild.rebuild_usage(SHOP).differences == 1
    assert differences() == 0


def test_a_requested_recount_runs_from_the_queue(drain: Callable[[], list[Any]]) -> None:
    DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(5)])
    recount_requests.request_rebuild(SHOP)
    assert drain() == []
    assert differences() == 0


def test_each_week_a_tenth_of_the_shops_is_checked_once(drain: Callable[[], list[Any]]) -> None:
    for number in range(70):
        for day in range(7):
            recount_requests.request_weekly_check(f"s{number}.myshopify.com", date(2026, 11, 2 + day))
    url = messages.queue_url("discounts-record_usage")
    name = "ApproximateNumberOfMessages"
    counts = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    assert 3 <= int(counts[name]) <= 12
    assert drain() == []


def test_an_erased_shop_is_not_recounted(drain: Callable[[], list[Any]]) -> None:
    tombstones.add(data_subjects.app(SHOP, APP))
    DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(5)])
    recount_requests.request_rebuild(SHOP)
    assert drain() == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 8


def test_a_hold_that_is_over_writes_nothing() -> None:
    head = usage_journals.find_head(SHOP)
    held = journal.hold(head, -timedelta(seconds=1))
    assert record([order_message(*order(9))]) == []
    content, _ = rebuild._differences(SHOP, head.sequence + 1, datetime.now(UTC))
    assert content.is_empty
    journal.write_held(head, held, content)
    assert UsageJournal.get(SHOP).sequence == head.sequence + 2


@pytest.mark.parametrize("is_former", [False, True], ids=["present", "former"])
def test_orders_of_another_currency_have_rows_of_their_own(is_former: bool) -> None:
    order_id, snapshot = order(7)
    with pytest.MonkeyPatch.context() as patch:
        if is_former:  # an order that an earlier version has seen
            patch.setattr(order_state, "currency_suffix", lambda currency: f"#{currency}")
        assert record([order_message(order_id, replace(snapshot, currency="EUR"))]) == []
    end = "#EUR" if is_former else currency_suffix("EUR")
    euros = DiscountUsage.get(SHOP, f"d1#RED{end}")
    assert [euros.times_used, euros.currency, euros.sku] == [1, "EUR", "RED"]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 3
    assert record([refund_message(order_id, {"r1": {"l0": 1}}, order_time())]) == []
    assert ProductPerformance.get(SHOP, f"RED{end}").units_sold_with_discount == 1
    assert CustomerInsight.get(SHOP, f"{CUSTOMER}{end}").orders == 1
    assert DailyDiscountStats.get(f"{SHOP}#EUR", order_time().date()).orders == 1
    assert differences() == 0
    euros.update([DiscountUsage.times_used.add(1)])
    DailyDiscountStats(f"{SHOP}#EUR", order_time().date()).update([DailyDiscountStats.orders.add(1)])
    assert rebuild.rebuild_usage(SHOP).differences == 2
    assert DiscountUsage.get(SHOP, f"d1#RED{end}").times_used == 1
    assert differences() == 0


def test_a_sku_that_ends_like_a_currency_shares_no_row() -> None:
    order_id, snapshot = order(7)
    assert record([order_message(order_id, replace(snapshot, currency="EUR"))]) == []
    lines = [replace(each, line=replace(each.line, item="RED#EUR")) for each in snapshot.lines]
    other_id, _ = order(8)
    assert record([order_message(other_id, replace(snapshot, lines=tuple(lines)))]) == []
    page = PageRequest(limit=50)
    products = figures.list_product_figures(SHOP, ProductFigureQuery(), page).items
    rows = [(each.sku, each.currency, each.units_sold_with_discount) for each in products]
    assert rows == [("RED", "USD", 5), ("RED", "EUR", 2), ("RED#EUR", "USD", 2)]
    of_sku = figures.list_product_figures(SHOP, ProductFigureQuery(sku="RED"), page).items
    assert [(each.sku, each.currency) for each in of_sku] == [("RED", "USD"), ("RED", "EUR")]
    customers = figures.list_customer_figures(SHOP, CustomerFigureQuery(), page).items
    expected = [(CUSTOMER, "EUR"), (CUSTOMER, "USD"), ("guest:ab", "USD")]
    assert sorted((each.customer_id, each.currency) for each in customers) == expected
    assert [row.sku for row in stock_days.iterate_products(SHOP, "USD")] == ["RED", "RED#EUR"]
    assert differences() == 0


def test_a_sku_with_the_separator_counts_by_its_variant() -> None:
    order_id, snapshot = order(7)
    [line] = snapshot.lines
    message = order_message(order_id, replace(snapshot, lines=(replace(line, line=replace(line.line, item="X")),)))
    [sold] = message.lines
    sold = sold.model_copy(
        update={"sku": f"RED{currency_suffix('EUR')}", "variant_id": "gid://shopify/ProductVariant/7"}
    )
    assert record([message.model_copy(update={"lines": [sold]})]) == []
    assert ProductPerformance.get(SHOP, "gid://shopify/ProductVariant/7").units_sold_with_discount == 2


def test_the_archive_takes_the_lines_of_large_orders(
    monkeypatch: pytest.MonkeyPatch, drain: Callable[[], list[Any]]
) -> None:
    order_id, snapshot = large_order(7)
    kept_id, _ = large_order(8)
    assert record([order_message(order_id, snapshot), order_message(kept_id, snapshot)]) == []
    expected = stored_figures()
    assert len(objects()) == 2
    delete = deletes.delete_unchanged

    def change_and_delete(table: Any, items: list[Any], limiter: Any) -> int:
        """Delete the archived rows after another worker has changed one of them."""
        if any(item.get("order_id") == {"S": kept_id} for item in items):
            with access.outside_roles():
                OrderUsage(SHOP, kept_id).update([OrderUsage.shop_customer.remove()])
        return delete(table, items, limiter)

    monkeypatch.setattr(deletes, "delete_unchanged", change_and_delete)
    now = order_time() + timedelta(days=402)
    monkeypatch.setattr(clock, "now", lambda: now)
    fire_sweep(now)
    assert drain() == []
    assert [row.order_id for row in OrderUsage.query(SHOP)] == [kept_id]
    assert objects() == [f"order-lines/{SHOP}/8/3"], "a row that was not deleted keeps its object"
    archived = {row.order_id: row for row in archived_orders.iterate_archived_orders(SHOP)}
    assert len(order_usages.to_state(archived[order_id]).lines) == 120
    rebuild.rebuild_usage(SHOP)
    lifetime = [(row.discounts, row.products) for row in (stored_figures(), expected)]
    assert lifetime[0] == lifetime[1]
    monkeypatch.setattr(deletes, "delete_unchanged", delete)
    fire_sweep(now + timedelta(days=1))
    assert drain() == []
    assert objects() == []


def test_a_page_ends_after_many_bytes_of_objects(
    monkeypatch: pytest.MonkeyPatch, drain: Callable[[], list[Any]]
) -> None:
    orders = [large_order(number) for number in (7, 8)]
    assert record([order_message(*each) for each in orders]) == []
    monkeypatch.setattr(archived_objects, "MAX_BYTES", 1)
    now = order_time() + timedelta(days=402)
    monkeypatch.setattr(clock, "now", lambda: now)
    fire_sweep(now)
    assert drain() == []
    assert ([*OrderUsage.query(SHOP)], objects()) == ([], [])
    archived = [row.order_id for row in archived_orders.iterate_archived_orders(SHOP)]
    assert sorted(archived) == [f"gid://shopify/Order/{number}" for number in (1, 2, 3, 7, 8)]


@pytest.mark.usefixtures("nothing_in_progress")
def test_an_erased_customer_leaves_counts_in_tables_and_archive(
    monkeypatch: pytest.MonkeyPatch, drain: Callable[[], list[Any]]
) -> None:
    now = order_time() + timedelta(days=402)
    monkeypatch.setattr(clock, "now", lambda: now)
    fire_sweep(now)
    assert drain() == []
    order_id, snapshot = order(8)
    message = order_message(order_id, replace(snapshot, currency="EUR", created_at=now - timedelta(days=3)))
    assert record([message]) == []
    request = {"request": PrivacyTopic.CUSTOMER_REDACT, "customer_id": CUSTOMER, "order_ids": [order_id]}
    privacy_requests.accept_request(PrivacyRequested(shop=SHOP, app=APP, triggered_at=now, **request))
    assert drain() == []
    assert [row.customer_id for row in CustomerInsight.query(SHOP)] == ["guest:ab"]
    assert OrderUsage.get(SHOP, order_id).customer_id is None
    archived = {row.order_id: row.customer_id for row in archived_orders.iterate_archived_orders(SHOP)}
    assert [archived[f"gid://shopify/Order/{number}"] for number in (1, 2, 3)] == [None, "guest:ab", None]
    assert DiscountUsage.get(SHOP, "d1#RED").unique_customers == 2
    assert differences() == 0
