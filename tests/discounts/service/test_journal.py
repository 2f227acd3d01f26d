"""The journal: every crash and every interleaving of two workers leaves exact figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Snapshot
from chalicelib.discounts.models import (
    APP,
    CustomerInsight,
    DiscountUsage,
    OrderUsage,
    ProductPerformance,
    UsageJournal,
)
from chalicelib.discounts.repository import usage_journals
from chalicelib.discounts.service import journal
from chalicelib.discounts.service.journal import JournalLost
from chalicelib.kit import aws, clock, config, data_subjects, tombstones
from infra.local.engine import Engine
from tests.discounts.faults import interrupted_at, killed_at, lost_answer, without_waits
from tests.discounts.recount import Recount
from tests.discounts.usage_factories import (
    SHOP,
    Message,
    order_message,
    order_time,
    put_discounts,
    put_shop,
    record,
    refund_message,
    stored_figures,
)
from tests.retention.crash import hooked

CUSTOMER = "gid://shopify/Customer/1"


def order(number: int, customer: str | None = CUSTOMER, line_count: int = 1, key: str = "1") -> tuple[str, Snapshot]:
    line = Line("l0", "RED", 2, 2, Decimal(10))
    shares = (Allocation(Application("Autumn", None), Decimal(2)),)
    lines = [SnapshotLine(replace(line, line_id=f"l{each}"), shares) for each in range(line_count)]
    return f"gid://shopify/Order/{number}", Snapshot(key, order_time(), "USD", customer, tuple(lines))


def large_order(number: int) -> tuple[str, Snapshot]:
    """Return an order whose lines are too large for a row."""
    order_id, snapshot = order(number, line_count=120)
    titles = [hashlib.sha256(bytes([line])).hexdigest() for line in range(120)]
    lines = [replace(each, line=replace(each.line, title=t)) for each, t in zip(snapshot.lines, titles, strict=True)]
    return order_id, replace(snapshot, lines=tuple(lines))


@cache
def first_batch() -> list[Message]:
    """Return the messages of two orders, each of two units of one SKU."""
    return [order_message(*order(1)), order_message(*order(2, "guest:ab"))]


@cache
def second_batch() -> list[Message]:
    """Return the messages of another order, of a change and of a refund."""
    return [
        order_message(*order(2, "guest:ab", key="2")),
        order_message(*order(3)),
        refund_message("gid://shopify/Order/1", {"r1": {"l0": 1}}, order_time()),
    ]


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with without_waits():
        yield


@pytest.fixture
def new_shop(engine: Engine) -> Callable[[], None]:
    """Empties the database and installs a shop with discounts."""

    def start() -> None:
        engine.restore()
        put_shop()
        put_discounts()

    start()
    return start


@pytest.fixture
def expected(new_shop: Callable[[], None]) -> Recount:
    """The figures of both batches without any fault."""
    assert record(first_batch()) == record(second_batch()) == []
    figures = stored_figures()
    new_shop()
    return figures


def objects() -> list[str]:
    """Return the keys of the journals and lines that are stored."""
    answer = aws.client("s3").list_objects_v2(Bucket=config.settings().images_bucket)
    return [each["Key"] for each in answer.get("Contents", [])]


@pytest.mark.parametrize(("when", "numbers"), [("before-call", range(7, 40)), ("after-call", range(8, 40, 4))])
def test_a_crash_at_any_call_changes_no_figure(
    new_shop: Callable[[], None], expected: Recount, when: str, numbers: range
) -> None:
    for number in numbers:
        new_shop()
        assert record(first_batch()) == []
        if not killed_at(number, when, lambda: record(second_batch())):
            break
        assert record(second_batch()) == []
        assert stored_figures() == expected, number
        assert UsageJournal.get(SHOP).open_key is None
    assert number > 20


def test_another_worker_at_any_call_changes_no_figure(new_shop: Callable[[], None], expected: Recount) -> None:
    for number in range(7, 28, 2):
        new_shop()
        assert record(first_batch()) == []
        interrupted_at(number, lambda: record(second_batch()), lambda: record([*second_batch(), *first_batch()]))
        assert stored_figures() == expected, number
        assert objects() == []


def test_a_worker_that_stalled_during_later_journals_changes_no_figure(
    new_shop: Callable[[], None], expected: Recount
) -> None:
    def others() -> None:
        for batch in (second_batch()[:1], second_batch()[1:2], second_batch()[2:]):
            assert record(batch) == []

    for number in range(8, 21, 2):
        new_shop()
        interrupted_at(number, lambda: record(first_batch()), others)
        assert stored_figures() == expected, number


def test_a_lost_answer_of_a_write_loses_no_journal(new_shop: Callable[[], None], expected: Recount) -> None:
    for number in range(1, 7):
        new_shop()
        assert record(first_batch()) == []
        with lost_answer(number) as attempts:
            assert record(second_batch()) == []
        assert len(attempts) > number
        assert stored_figures() == expected, number
        assert objects() == []


def test_an_open_journal_is_finished_before_the_next(new_shop: Callable[[], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "_apply", lambda _: (_ for _ in ()).throw(RuntimeError))
        assert record(first_batch()) == first_batch()
    head = UsageJournal.get(SHOP)
    assert (head.sequence, head.open_key is None) == (0, False)
    assert record(second_batch()) == []
    assert UsageJournal.get(SHOP).sequence == 2
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 3


def test_a_journal_whose_content_is_lost_fails_the_messages_of_its_shop_only(new_shop: Callable[[], None]) -> None:
    address = usage_journals.put_content(SHOP, {})
    assert usage_journals.claim_next(usage_journals.find_head(SHOP), address, clock.now())
    usage_journals.delete_content(address)
    put_shop("b.myshopify.com")
    other = order_message(*order(9), shop="b.myshopify.com")
    assert record([*first_batch(), other]) == first_batch()
    with pytest.raises(JournalLost):
        journal.finish_open_journal(usage_journals.find_head(SHOP))


def test_contention_fails_no_message(new_shop: Callable[[], None]) -> None:
    others = iter([order_message(*order(number)) for number in range(10, 20)])

    def run_other(**_: Any) -> None:
        if message := next(others, None):
            assert record([message]) == []

    with hooked("before-call", "PutObject", run_other):
        assert record(first_batch()) == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 12


def test_an_order_that_cannot_be_counted_fails_alone(new_shop: Callable[[], None]) -> None:
    order_id, snapshot = order(7)
    line = snapshot.lines[0]
    poisoned = order_message(order_id, replace(snapshot, lines=(replace(line, line=replace(line.line, quantity=-1)),)))
    late = refund_message(order_id, {"r1": {"l0": 1}}, order_time())
    assert record([poisoned, *first_batch(), late]) == [poisoned, late]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2


@pytest.mark.parametrize("year", [1, 9998, 9999])
def test_an_order_of_a_year_whose_rows_cannot_be_written_fails_alone(new_shop: Callable[[], None], year: int) -> None:
    order_id, snapshot = order(7)
    message = order_message(order_id, replace(snapshot, created_at=datetime(year, 12, 31, 12, tzinfo=UTC)))
    expected = [message] if year > 1 else []
    assert record([*first_batch(), message]) == expected
    assert UsageJournal.get(SHOP).open_key is None
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2


@pytest.mark.parametrize("price", ["NaN", "1e100", "-5", "0.1234567890123"])
def test_a_price_that_is_no_money_fails_alone(new_shop: Callable[[], None], price: str) -> None:
    order_id, snapshot = order(7)
    message = order_message(order_id, snapshot)
    [line] = message.lines
    poisoned = message.model_copy(update={"lines": [line.model_copy(update={"price": Decimal(price)})]})
    assert record([*first_batch(), poisoned]) == [poisoned]


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "4" * 1_100},
        {"customer_id": "c" * 1_500},
        {"customer_id": None, "guest": "c" * 1_500},
        {"currency": "x" * 1_100},
        {"currency": ""},
    ],
    ids=["order", "customer", "guest", "currency", "no currency"],
)
def test_an_id_that_is_too_long_for_a_key_fails_alone(new_shop: Callable[[], None], changes: dict[str, Any]) -> None:
    poisoned = order_message(*order(7)).model_copy(update=changes)
    late = refund_message(poisoned.order_id, {"r1": {"l0": 1}}, order_time())
    assert record([*first_batch(), poisoned, late]) == [poisoned, late]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2


def test_a_variant_that_is_too_long_for_a_key_fails_alone(new_shop: Callable[[], None]) -> None:
    message = order_message(*order(7))
    line = message.lines[0].model_copy(update={"sku": None, "variant_id": "v" * 1_100})
    poisoned = message.model_copy(update={"lines": [line]})
    assert record([*first_batch(), poisoned]) == [poisoned]


def test_an_order_with_a_foreign_title_that_is_too_long_for_a_key_is_counted(new_shop: Callable[[], None]) -> None:
    order_id, snapshot = order(7)
    shares = (Allocation(Application("\U0001f600" * 255, None), Decimal(1)),)
    message = order_message(order_id, replace(snapshot, lines=(SnapshotLine(snapshot.lines[0].line, shares),)))
    assert record([*first_batch(), message]) == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2
    assert ProductPerformance.get(SHOP, "RED").units_sold_with_discount == 6


def test_messages_of_another_app_are_ignored(new_shop: Callable[[], None]) -> None:
    assert record([first_batch()[0].model_copy(update={"app": "studio"})]) == []
    assert list(OrderUsage.query(SHOP)) == []


def test_a_customer_erased_during_a_crash_is_left_out_and_the_counts_stay(new_shop: Callable[[], None]) -> None:
    assert killed_at(10, "before-call", lambda: record(first_batch()))
    assert UsageJournal.get(SHOP).open_key
    tombstones.add(data_subjects.customer(SHOP, CUSTOMER))
    assert record(first_batch()[1:]) == []
    assert [row.customer_id for row in OrderUsage.query(SHOP)] == [None, "guest:ab"]
    assert [row.customer_id for row in CustomerInsight.query(SHOP)] == ["guest:ab"]
    assert DiscountUsage.get(SHOP, "d1#RED").unique_customers == 2
    assert objects() == []


@pytest.mark.parametrize("number", [1, 2, 4, 6])
def test_a_customer_erased_at_any_call_before_the_writes_is_left_out(new_shop: Callable[[], None], number: int) -> None:
    def erase() -> None:
        tombstones.add(data_subjects.customer(SHOP, CUSTOMER))

    interrupted_at(number, lambda: record(first_batch()), erase)
    assert [row.customer_id for row in OrderUsage.query(SHOP)] == [None, "guest:ab"]
    assert [row.customer_id for row in CustomerInsight.query(SHOP)] == ["guest:ab"]


def test_a_customer_erased_while_another_worker_has_the_journal_is_left_out(new_shop: Callable[[], None]) -> None:
    others = iter([order_message(*order(9, "guest:cd"))])

    def run_other() -> None:
        if message := next(others, None):
            assert record([message]) == []
            tombstones.add(data_subjects.customer(SHOP, CUSTOMER))

    with hooked("before-call", "PutObject", run_other):
        assert record(first_batch()) == []
    assert [row.customer_id for row in CustomerInsight.query(SHOP)] == ["guest:ab", "guest:cd"]
    assert CUSTOMER not in [row.customer_id for row in OrderUsage.query(SHOP)]


def test_the_journal_of_a_shop_erased_during_a_crash_writes_nothing(new_shop: Callable[[], None]) -> None:
    assert killed_at(10, "before-call", lambda: record(first_batch()))
    tombstones.add(data_subjects.app(SHOP, APP))
    journal.finish_open_journal(usage_journals.find_head(SHOP))
    assert [*OrderUsage.query(SHOP), *DiscountUsage.query(SHOP)] == []


def test_an_order_of_many_lines_keeps_them_in_one_object(new_shop: Callable[[], None]) -> None:
    order_id, snapshot = large_order(1)
    assert record([order_message(order_id, snapshot)]) == []
    [key] = objects()
    assert OrderUsage.get(SHOP, order_id).lines.endswith(key)
    refund = refund_message(order_id, {"r1": {"l0": 1}}, order_time())
    assert record([refund]) == []
    assert objects() == [f"order-lines/{SHOP}/1/2"]
    assert record([refund]) == []
    assert record([order_message(order_id, replace(order(1)[1], key="5"))]) == []
    assert objects() == []


def test_a_change_of_an_archived_day_is_dropped(new_shop: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    now = order_time() + timedelta(days=101)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert record(first_batch()) == []
    figures = stored_figures()
    assert [figures.discount_days, figures.shop_days] == [{}, {}]
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2
    monkeypatch.setattr(clock, "now", lambda: order_time() + timedelta(days=401))
    assert record(second_batch()) == []
    assert stored_figures() == figures


def test_times_of_use_follow_orders_whatever_their_order(new_shop: Callable[[], None]) -> None:
    late = replace(order(2)[1], created_at=order_time() + timedelta(days=1))
    early = replace(order(3)[1], created_at=order_time() - timedelta(days=1), cancelled_at=order_time())
    for number, snapshot in ((1, order(1)[1]), (2, late), (3, early)):
        assert record([order_message(f"gid://shopify/Order/{number}", snapshot)]) == []
    row = DiscountUsage.get(SHOP, "d1#RED")
    assert [row.first_used_at, row.last_used_at, row.times_used] == [early.created_at, late.created_at, 2]
