"""Which days an estimate uses, and what it says is missing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.demand import Demand, SalesDay, estimate_demand
from chalicelib.discounts.enums import MissingEvidence
from tests.discounts.domain.simulated_skus import TODAY, simulated_days


def _days(count: int, units: int = 5, prices: tuple[str, ...] = ("10", "8")) -> list[SalesDay]:
    """Return days with the same units, each price a week long in turn."""
    result = []
    for number in range(count):
        price = Decimal(prices[number // 7 % len(prices)])
        day = TODAY - timedelta(days=count - number)
        result.append(SalesDay(day, units, price * units, price, 100, 100))
    return result


def _estimate(days: list[SalesDay]) -> Demand:
    found = estimate_demand(days, TODAY)
    assert isinstance(found, Demand), found
    return found


def test_enough_days_give_an_estimate() -> None:
    found = _estimate(_days(28))
    assert found.elasticity == pytest.approx(0, abs=0.5)
    assert found.price_range == pytest.approx((8, 10))
    assert found.units == 140


@pytest.mark.parametrize(
    ("days", "missing"),
    [
        ([], {"too_few_days", "too_few_units", "one_price"}),
        (_days(27), {"too_few_days"}),
        (_days(28, units=1), {"too_few_units"}),
        (_days(49, units=1), {"too_few_units"}),
        (_days(60, units=0), {"too_few_units", "one_price"}),
        (_days(60, prices=("10",)), {"one_price"}),
        (_days(60, prices=("10", "9.6")), {"one_price"}),
        ([replace(day, starting_inventory=0, units=0) for day in _days(60)], {"out_of_stock", "too_few_units", "one_price"}),
        ([replace(day, units=10**400) for day in _days(60)], {"too_few_days", "too_few_units", "one_price"}),
        ([replace(day, revenue=Decimal("1e400")) for day in _days(60)], {"too_few_days", "too_few_units", "one_price"}),
        ([replace(day, revenue=Decimal(0)) for day in _days(60)], {"too_few_days", "too_few_units", "one_price"}),
        (
            [replace(d, offered_price=None, revenue=Decimal(0), units=0) for d in _days(60)],
            {"too_few_days", "too_few_units", "one_price"},
        ),
    ],
    ids=[
        "none", "27 days", "28 units", "49 units", "nothing sold", "constant", "4 %", "no stock", "huge units",
        "huge price", "given away", "no price",
    ],
)  # fmt: skip
def test_what_is_missing_is_named(days: list[SalesDay], missing: set[str]) -> None:
    assert estimate_demand(days, TODAY) == tuple(each for each in _in_order(days) if each in missing)
    assert set(_in_order(days)) == missing


def _in_order(days: list[SalesDay]) -> tuple[MissingEvidence, ...]:
    found = estimate_demand(days, TODAY)
    assert isinstance(found, tuple)
    return found


def test_a_price_needs_seven_days_and_ten_units() -> None:
    days = _days(56, prices=("10",))
    short = [replace(day, offered_price=Decimal(8), revenue=Decimal(8) * day.units) for day in days[:6]]
    assert estimate_demand([*short, *days[6:]], TODAY) == (MissingEvidence.ONE_PRICE,)
    thin = [replace(day, offered_price=Decimal(8), revenue=Decimal(8), units=1) for day in days[:7]]
    assert estimate_demand([*thin, *days[7:]], TODAY) == (MissingEvidence.ONE_PRICE,)
    _estimate([*(replace(day, revenue=Decimal(8) * day.units) for day in days[:7]), *days[7:]])


def test_a_price_that_changes_with_the_weekend_only_says_nothing() -> None:
    days = [
        replace(day, revenue=day.units * Decimal(8 if day.date.weekday() >= 5 else 10))
        for day in _days(56, prices=("10",))
    ]
    assert estimate_demand(days, TODAY) == (MissingEvidence.ONE_PRICE,)


def test_the_paid_price_counts_and_the_offered_one_where_nothing_was_sold() -> None:
    unsold = [replace(day, units=0, revenue=Decimal(0)) if n % 2 else day for n, day in enumerate(_days(56))]
    paid_less = [replace(day, revenue=day.revenue / 2) for day in unsold]
    assert _estimate(unsold).price_range == pytest.approx((8, 10))
    assert _estimate(paid_less).price_range == pytest.approx((4, 10))


def test_days_out_of_stock_are_left_out() -> None:
    days = _days(56)
    known = _estimate(days)
    sold_out = SalesDay(TODAY - timedelta(days=100), 2, Decimal(20), Decimal(10), 2, 0)
    closed = SalesDay(TODAY - timedelta(days=101), 0, Decimal(0), Decimal(10), 0, 0)
    assert _estimate([closed, sold_out, *days]) == known


def test_units_sold_on_back_order_count() -> None:
    days = [replace(day, starting_inventory=-5, ending_inventory=-10) for day in _days(56)]
    assert _estimate(days) == _estimate(_days(56))


def test_only_the_window_before_today_counts() -> None:
    days = _days(56)
    outside = [replace(days[0], date=TODAY), replace(days[0], date=TODAY - timedelta(days=181))]
    assert _estimate([*outside, *days]) == _estimate(days)


def test_predictions_follow_the_price_the_weekend_and_the_trend() -> None:
    days = simulated_days(random.Random(5), -2.0)
    found = _estimate(days)
    recent = sum(day.units for day in days[-28:]) / 28
    price = float(sum(day.revenue for day in days[-28:]) / sum(day.units for day in days[-28:]))
    assert found.daily_units(found.elasticity, price) == pytest.approx(recent, rel=0.3)
    ratio = found.daily_units(-2.0, 12) / found.daily_units(-2.0, 20)
    assert ratio == pytest.approx((12 / 20) ** -2)
    assert found.daily_units(-500.0, 12) < 10**6  # no overflow


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**12),
            st.decimals(0, 10**12, places=2),
            st.one_of(st.none(), st.decimals(0, 10**6, places=2)),
            st.one_of(st.none(), st.integers(-5, 5)),
        ),
        max_size=60,
    )
)
def test_any_days_give_numbers_or_reasons(rows) -> None:
    days = [SalesDay(TODAY - timedelta(days=n + 1), u, r, o, s, s) for n, (u, r, o, s) in enumerate(rows)]
    found = estimate_demand(days, TODAY)
    if isinstance(found, Demand):
        assert found.variance > 0
        assert found.daily_units(found.elasticity, found.price_range[0]) >= 0
    else:
        assert found
