"""The state of an order follows its newest snapshot, the union of its refunds and its first cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from chalicelib.discounts.domain import order_state
from chalicelib.discounts.domain.currency_keys import currency_suffix
from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import FirstSight, OrderState, Snapshot

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)
LINE = SnapshotLine(Line("l1", "RED", 3, 3, Decimal(10)), (Allocation(Application("Autumn", None), Decimal(3)),))
SNAPSHOT = Snapshot("2", AT, "USD", "c1", (LINE,))


def local_day(zone: str) -> FirstSight:
    return FirstSight(lambda moment: moment.astimezone(ZoneInfo(zone)).date(), "USD")


def state(
    *snapshots: Snapshot, stored: OrderState | None = None, refunds: tuple[order_state.Refunds, ...] = ()
) -> OrderState:
    base = order_state.open_state(stored, "o1", snapshots, local_day("America/Los_Angeles")) or local_day("UTC").state(
        "o1", AT, "USD"
    )
    return order_state.advance(base, snapshots, refunds, lambda _: ("d1", "percentage"))


def test_an_older_snapshot_changes_nothing_but_refunds_and_cancellation() -> None:
    stored = state(SNAPSHOT)
    older = replace(SNAPSHOT, key="1", customer="c2", lines=(), cancelled_at=AT, refunds={"r1": {"l1": 1}})
    after = state(older, stored=stored)
    assert after == replace(stored, cancelled_at=AT, refunds={"r1": {"l1": 1}})


def test_the_newest_of_a_batch_wins_whatever_its_place() -> None:
    newer = replace(SNAPSHOT, key="3", customer="c2")
    assert state(newer, SNAPSHOT).customer == state(SNAPSHOT, newer).customer == "c2"


def test_a_cancellation_stays_with_its_first_time() -> None:
    cancelled = replace(SNAPSHOT, key="3", cancelled_at=AT + timedelta(hours=2))
    stored = state(cancelled)
    assert state(replace(SNAPSHOT, key="4"), stored=stored).cancelled_at == cancelled.cancelled_at
    assert not state(replace(SNAPSHOT, key="4"), stored=stored).is_counted
    assert state(replace(cancelled, key="5", cancelled_at=AT), stored=stored).cancelled_at == AT


def test_the_day_is_local_when_first_seen_and_never_moves() -> None:
    stored = state(SNAPSHOT)
    assert stored.day == date(2026, 10, 31)
    moved = order_state.open_state(stored, "o1", [replace(SNAPSHOT, key="3")], local_day("Asia/Tokyo"))
    assert moved is stored


def test_a_refund_before_the_order_waits_without_a_day_of_its_own() -> None:
    early = state(refunds=({"r1": {"l1": 2}},))
    assert (early.snapshot_key, early.is_counted, early.day) == ("", False, AT.date())
    after = state(SNAPSHOT, stored=early)
    assert (after.refunds, after.day) == ({"r1": {"l1": 2}}, date(2026, 10, 31))


def test_a_refund_in_a_message_and_in_a_snapshot_is_one_refund() -> None:
    refund = {"r1": {"l1": 2}, "r0": {}}
    after = state(replace(SNAPSHOT, refunds=refund), refunds=({"r1": {"l1": 2}},))
    assert after.refunds == {"r0": {}, "r1": {"l1": 2}}
    assert after.returned() == {"l1": 2}


def test_a_discount_keeps_the_value_type_of_its_first_attribution() -> None:
    stored = state(SNAPSHOT)
    later = order_state.advance(stored, [replace(SNAPSHOT, key="3")], [], lambda _: ("d1", "fixed_price"))
    assert later.lines[0].shares[0].value_type == "percentage"


def test_a_foreign_currency_marks_the_keys_of_the_figures() -> None:
    assert state(SNAPSHOT).suffix == ""
    assert state(replace(SNAPSHOT, currency="EUR")).suffix == currency_suffix("EUR")


def test_only_an_order_that_had_a_customer_can_lose_one() -> None:
    assert not state(replace(SNAPSHOT, customer=None)).had_customer
    assert state(SNAPSHOT).had_customer


def test_a_later_snapshot_without_a_customer_keeps_that_one_was_erased() -> None:
    later = replace(SNAPSHOT, key="3", customer=None)
    erased = replace(state(SNAPSHOT), customer=None)
    assert state(later, stored=erased).had_customer
    assert not state(later, stored=state(SNAPSHOT)).had_customer
