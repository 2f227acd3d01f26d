"""What was paid on a day, beside the recurring revenue of the day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.analytics.domain.exchange_rates import DatedRate
from chalicelib.analytics.domain.revenue_days import PaymentSum
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.repository import exchange_rates as rate_rows
from chalicelib.analytics.service import revenue_days
from infra.bench.round_trips import metered
from tests.analytics.revenue_factories import day_of, state, step, values
from tests.analytics.service.test_revenue_days import _one_shard, close, day, report, time

__all__ = ["_one_shard", "time"]


def payment(event: str, amount: str, kind: str = "subscription", currency: str = "USD", **more: str) -> PaymentSum:
    addons, tax = (Decimal(more.get(name, 0)) for name in ("addons", "tax"))
    return PaymentSum(event, kind, currency, 1, Decimal(amount), addons, tax)


def test_payments_of_a_day_are_set_by_kind_without_tax(time: Any) -> None:
    time(3)
    sums = [
        payment("payment_succeeded", "30", addons="10", tax="5.7"),
        payment("payment_succeeded", "12", kind="addon"),
        payment("payment_succeeded", "7", kind="credits"),
        payment("payment_succeeded", "3", kind="gift"),
        payment("payment_failed", "30"),
        payment("payment_refunded", "8", tax="1.52"),
        payment("payment_refund_reversed", "2"),
    ]
    revenue_days.set_payments("together", day_of(3), sums, 1)
    row = day(3)
    assert values(row.subscription_revenue, row.addons_revenue, row.credits_revenue, row.gifts_revenue) == (
        20,
        22,
        7,
        3,
    )
    assert values(row.refunds, row.tax, row.payments_succeeded, row.payments_failed) == (6, Decimal("4.18"), 4, 1)
    assert values(row.mrr, row.is_final) == (0, False)
    revenue_days.set_payments("platform", day_of(3), [payment("payment_succeeded", "100")], 1)
    assert day(3, RevenueScope.ALL).subscription_revenue == 120


def test_an_earlier_computation_overwrites_no_payments(time: Any) -> None:
    revenue_days.set_payments("together", day_of(0), [payment("payment_succeeded", "30")], 5)
    revenue_days.set_payments("together", day_of(0), [], 4)
    assert day(0).subscription_revenue == day(0, RevenueScope.ALL).subscription_revenue == 30
    revenue_days.set_payments("together", day_of(0), [], 6)
    assert day(0).subscription_revenue == day(0, RevenueScope.ALL).subscription_revenue == 0


def test_equal_payments_are_written_by_a_repair_only(time: Any) -> None:
    sums = [payment("payment_succeeded", "30", tax="5.7")]
    revenue_days.set_payments("together", day_of(0), sums, 1)
    with metered() as meter:
        revenue_days.set_payments("together", day_of(0), sums, 2)
    assert meter.cost.writes == 0
    revenue_days.set_payments("together", day_of(0), sums, 3, is_repair=True)
    assert day(0).payments_generation == 3
    with metered() as meter:
        revenue_days.set_payments("together", day_of(1), [], 1)
    assert meter.cost.writes == 0


def test_payments_and_movements_of_a_day_stand_beside_each_other(time: Any) -> None:
    revenue_days.set_payments("together", day_of(0), [payment("payment_succeeded", "30")], 1)
    report(state(step(0, 30)))
    close(time, 0.5)
    revenue_days.set_payments("together", day_of(0), [payment("payment_succeeded", "31")], 2)
    assert values(day(0).mrr, day(0).subscription_revenue) == (30, 31)
    assert day(0, RevenueScope.ALL).mrr == 30


def test_payments_in_a_currency_take_its_rate_once_there_is_one(time: Any) -> None:
    revenue_days.set_payments("together", day_of(0), [payment("payment_succeeded", "30", currency="EUR")], 1)
    assert values(day(0).subscription_revenue, day(0).payments_succeeded) == (0, 1)
    rate_rows.put_rates([DatedRate("EUR", day_of(0), Decimal("1.1"))])
    revenue_days.compute_days(day_of(0), time(1))
    assert day(0).subscription_revenue == day(0, RevenueScope.ALL).subscription_revenue == 33
