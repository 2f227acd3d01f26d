"""Monthly recurring revenue: normalisation, discounts and known future changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain.recurring_revenue import (
    RevenueStep,
    items_with_unknown_tax,
    items_without_amount,
    revenue_steps,
)
from chalicelib.billing.stripe_objects.subscriptions import parse_subscription
from tests.billing.stripe_objects.factories import END, START, price, subscription
from tests.examples import examples

Json = dict[str, Any]
AT = datetime.fromtimestamp(START, UTC) + timedelta(days=1)
ZERO = (Decimal(0), Decimal(0))


def cycle(amount: int = 3000, interval: str = "month", count: int = 1, price_id: str = "price_1") -> Json:
    body = price(price_id, amount)
    return body | {"recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"}}


def discount(id_: str = "di_1", end: int | None = None, **coupon: Any) -> Json:
    body = {"duration": "repeating" if end else "forever", "currency": "usd", **coupon}
    return {"id": id_, "object": "discount", "end": end, "source": {"type": "coupon", "coupon": body}}


def steps(row: Json, at: datetime = AT) -> list[RevenueStep]:
    return list(revenue_steps(parse_subscription(row), {"price_addon"}, at))


def amounts(row: Json, at: datetime = AT) -> list[tuple[Decimal, Decimal]]:
    return [(step.plan, step.addons) for step in steps(row, at)]


@pytest.mark.parametrize(
    ("interval", "count", "expected"),
    [
        ("month", 1, "30.000000"),
        ("month", 3, "10.000000"),
        ("year", 1, "2.500000"),
        ("year", 2, "1.250000"),
        ("week", 1, "130.000000"),
        ("week", 2, "65.000000"),
        ("day", 1, "912.500000"),
        ("day", 7, "130.357143"),
    ],
)
def test_a_price_is_normalised_to_a_month(interval: str, count: int, expected: str) -> None:
    (step,) = steps(subscription(items=[cycle(3000, interval, count)]))
    assert (str(step.plan), str(step.addons), step.begins_at) == (expected, "0.000000", AT)


def test_quantities_multiply_and_addons_are_separate() -> None:
    row = subscription(items=[cycle(3000), cycle(4900, price_id="price_addon")])
    row["items"]["data"][0]["quantity"] = 3
    row["items"]["data"][1]["quantity"] = 0
    assert amounts(row) == [(Decimal(90), Decimal(0))]
    row["items"]["data"][1]["quantity"] = 2
    assert amounts(row) == [(Decimal(90), Decimal(98))]


@pytest.mark.parametrize("status", ["unpaid", "paused", "incomplete", "incomplete_expired", "canceled"])
def test_a_subscription_that_earns_nothing_counts_zero(status: str) -> None:
    assert amounts(subscription(status=status)) == [ZERO]


def test_a_paused_collection_counts_zero_and_past_due_counts() -> None:
    assert amounts(subscription(pause_collection={"behavior": "void", "resumes_at": None})) == [ZERO]
    assert amounts(subscription(status="past_due")) == [(Decimal(30), Decimal(0))]


def test_a_trial_counts_from_its_end() -> None:
    row = subscription(status="trialing", trial_end=END)
    first, second = steps(row)
    assert (first.plan, second.plan) == (Decimal(0), Decimal(30))
    assert second.begins_at == datetime.fromtimestamp(END, UTC)
    assert amounts(row | {"cancel_at_period_end": True}) == [ZERO]


@pytest.mark.parametrize(
    "facts", [{"cancel_at_period_end": True}, {"cancel_at": END}, {"cancel_at_period_end": True, "cancel_at": END}]
)
def test_a_planned_end_is_a_step_to_zero(facts: Json) -> None:
    first, last = steps(subscription(**facts))
    assert (first.plan, last.plan, last.addons) == (Decimal(30), Decimal(0), Decimal(0))
    assert last.begins_at == datetime.fromtimestamp(END, UTC)


def test_lasting_discounts_are_taken_off_until_their_end() -> None:
    row = subscription(discounts=[discount(percent_off=25), discount("di_2", END, amount_off=500)])
    assert amounts(row) == [(Decimal("17.5"), Decimal(0)), (Decimal("22.5"), Decimal(0))]
    assert amounts(row, datetime.fromtimestamp(END, UTC)) == [(Decimal("22.5"), Decimal(0))]
    assert amounts(subscription(discounts=[discount(percent_off=25, duration="once")])) == [(Decimal(30), Decimal(0))]


def test_item_discounts_are_taken_off_first_and_fixed_amounts_are_shared() -> None:
    row = subscription(items=[cycle(3000), cycle(1000, price_id="price_addon")])
    for number, item in enumerate(row["items"]["data"]):
        item["id"] = f"si_{number}"
    row["items"]["data"][0]["discounts"] = [discount("di_1", percent_off=50)]
    assert amounts(row | {"discounts": [discount("di_2", amount_off=1000)]}) == [(Decimal(9), Decimal(6))]
    assert amounts(row | {"discounts": [discount("di_2", amount_off=9999)]}) == [ZERO]
    other = discount("di_2", amount_off=1000, currency="eur")
    assert amounts(row | {"discounts": [other]}) == [(Decimal(15), Decimal(10))]


def test_a_fixed_amount_counts_per_cycle_like_a_price() -> None:
    row = subscription(items=[cycle(24000, "year")], discounts=[discount(amount_off=12000)])
    assert amounts(row) == [(Decimal(10), Decimal(0))]


def test_usage_and_prices_without_an_amount_count_zero() -> None:
    metered, tiered = cycle(100), cycle(price_id="price_2")
    metered["recurring"]["usage_type"] = "metered"
    tiered |= {"unit_amount": None, "unit_amount_decimal": None}
    row = subscription(items=[metered])
    assert (amounts(row), items_without_amount(parse_subscription(row))) == ([ZERO], [])
    row = subscription(items=[tiered])
    assert (amounts(row), items_without_amount(parse_subscription(row))) == ([ZERO], ["si_1"])


@pytest.mark.parametrize(
    ("users", "rounding", "total"),
    [
        (1, "up", 10),
        (3, "up", 10),
        (5, "up", 10),
        (6, "up", 20),
        (7, "up", 20),
        (4, "down", 0),
        (5, "down", 10),
        (9, "down", 10),
    ],
)
def test_a_price_per_package_counts_packages(users: int, rounding: str, total: int) -> None:
    """Stripe's example: 10 USD for every 5 users or portion thereof (quantity-transformation)."""
    packages = cycle(1000) | {"transform_quantity": {"divide_by": 5, "round": rounding}}
    row = subscription(items=[packages])
    row["items"]["data"][0]["quantity"] = users
    assert amounts(row) == [(Decimal(total), Decimal(0))]


def rate(percentage: float, *, inclusive: bool) -> Json:
    return {"id": "txr_1", "object": "tax_rate", "percentage": percentage, "inclusive": inclusive}


@pytest.mark.parametrize(
    ("rates", "net"),
    [
        ([rate(10, inclusive=True)], "545.454545"),
        ([rate(10, inclusive=False)], "600"),
        ([rate(10, inclusive=True), rate(5.5, inclusive=True), rate(3, inclusive=False)], "519.480519"),
        ([], "600"),
    ],
)
def test_a_tax_that_the_price_includes_does_not_count(rates: list[Json], net: str) -> None:
    """Stripe's example: a price of 600 EUR stays 600 with an inclusive rate of 10 %, and becomes 660 with an exclusive one."""
    assert amounts(subscription(items=[cycle(60000)], default_tax_rates=rates)) == [(Decimal(net), Decimal(0))]
    row = subscription(items=[cycle(60000)], default_tax_rates=[rate(99, inclusive=True)] if rates else [])
    row["items"]["data"][0]["tax_rates"] = rates
    assert amounts(row) == [(Decimal(net), Decimal(0))]


def test_a_discount_is_taken_off_before_the_included_tax() -> None:
    row = subscription(items=[cycle(11900)], discounts=[discount(amount_off=5950)])
    assert amounts(row | {"default_tax_rates": [rate(19, inclusive=True)]}) == [(Decimal(50), Decimal(0))]


def test_an_included_tax_of_unknown_rate_is_named() -> None:
    row = subscription(items=[cycle(1000) | {"tax_behavior": "inclusive"}], automatic_tax={"enabled": True})
    assert items_with_unknown_tax(parse_subscription(row)) == ["si_1"]
    assert amounts(row) == [(Decimal(10), Decimal(0))]
    assert items_with_unknown_tax(parse_subscription(row | {"automatic_tax": {"enabled": False}})) == []


def test_a_coupon_is_taken_off_the_products_that_it_is_limited_to() -> None:
    items = [
        cycle(3000) | {"product": "prod_plan"},
        cycle(1000, price_id="price_addon") | {"product": "prod_addon"},
        cycle(500, price_id="price_addon") | {"product": "prod_addon"},
    ]
    row = subscription(items=items)
    for number, item in enumerate(row["items"]["data"]):
        item["id"] = f"si_{number}"
    of_plan = discount(percent_off=50, applies_to={"products": ["prod_plan"]})
    assert amounts(row | {"discounts": [of_plan]}) == [(Decimal(15), Decimal(15))]
    of_addons = discount("di_2", amount_off=600, applies_to={"products": ["prod_addon", "prod_other"]})
    assert amounts(row | {"discounts": [of_plan, of_addons]}) == [(Decimal(15), Decimal(9))]
    assert amounts(row | {"discounts": [discount(percent_off=50, applies_to={"products": ["x"]})]}) == [
        (Decimal(30), Decimal(15))
    ]


INTERVALS = {"day": Decimal(365), "week": Decimal(52), "month": Decimal(12), "year": Decimal(1)}
"""The number of cycles in a year."""
prices = st.builds(
    cycle,
    st.integers(0, 1_000_000),
    st.sampled_from(sorted(INTERVALS)),
    st.integers(1, 12),
    st.sampled_from(["price_1", "price_addon"]),
)
coupons = st.one_of(
    st.builds(lambda share: {"percent_off": share / 100}, st.integers(1, 10_000)),
    st.builds(lambda amount: {"amount_off": amount}, st.integers(1, 500_000)),
)


@settings(max_examples=examples(100))
@given(items=st.lists(prices, min_size=1, max_size=4), quantity=st.integers(0, 50))
def test_a_year_of_months_is_a_year_of_cycles(items: list[Json], quantity: int) -> None:
    row = subscription(items=items)
    expected = {"price_1": Decimal(0), "price_addon": Decimal(0)}
    for number, item in enumerate(row["items"]["data"]):
        item |= {"id": f"si_{number}", "quantity": quantity}
        recurring = item["price"]["recurring"]
        cycles = INTERVALS[recurring["interval"]] / recurring["interval_count"]
        expected[item["price"]["id"]] += Decimal(item["price"]["unit_amount"]) * quantity * cycles / 100
    (step,) = steps(row)
    for amount, year in ((step.plan, expected["price_1"]), (step.addons, expected["price_addon"])):
        assert abs(amount - year / 12) <= Decimal("0.0000006")
        assert amount == amount.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


@settings(max_examples=examples(100))
@given(
    items=st.lists(prices, min_size=1, max_size=3),
    given_coupons=st.lists(st.tuples(coupons, st.sampled_from([None, END, END + 86_400])), max_size=4),
    trial_end=st.sampled_from([None, END, END + 3600]),
    cancel_at=st.sampled_from([None, END, END + 7200]),
)
def test_discounts_never_raise_and_their_ends_never_lower_the_revenue(
    items: list[Json], given_coupons: list[tuple[Json, int | None]], trial_end: int | None, cancel_at: int | None
) -> None:
    row = subscription(items=items, status="trialing" if trial_end else "active", trial_end=trial_end)
    for number, item in enumerate(row["items"]["data"]):
        item["id"] = f"si_{number}"
    plain = steps(row)[-1]
    row |= {
        "cancel_at": cancel_at,
        "discounts": [discount(f"di_{number}", end, **each) for number, (each, end) in enumerate(given_coupons)],
    }
    result = steps(row)
    assert result[0].begins_at == AT
    assert [step.begins_at for step in result] == sorted({step.begins_at for step in result})
    assert all(0 <= step.plan <= plain.plan and 0 <= step.addons <= plain.addons for step in result)
    until = len(result) - 1 if cancel_at else len(result)
    assert all(one.plan <= other.plan for one, other in pairwise(result[:until]))
    if cancel_at:
        assert (result[-1].plan, result[-1].addons) == ZERO
    values = [(step.plan, step.addons) for step in result]
    assert all(one != other for one, other in pairwise(values))
