"""The advice: its coverage, its rates, its gain."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.demand import SalesDay
from chalicelib.discounts.domain.recommendation import (
    Advice,
    advise,
)
from chalicelib.discounts.enums import Objective, RecommendationStatus
from tests.discounts.domain.simulated_skus import TODAY, simulated_days


def _advice(days: list[SalesDay]) -> Advice:
    return advise([("A", days)], TODAY)["A"]


@pytest.mark.parametrize(("shops", "skus"), [(1, 200), (40, 5)], ids=["one shop of 200 SKUs", "40 shops of 5 SKUs"])
def test_the_interval_covers_the_known_elasticity(shops: int, skus: int) -> None:
    chance, covered, certain = random.Random(20261101), 0, 0
    for _ in range(shops):
        known = [chance.gauss(-1.8, 0.5) for _ in range(skus)]
        histories = ((str(n), simulated_days(chance, e)) for n, e in enumerate(known))
        for number, advice in advise(histories, TODAY).items():
            assert advice.interval is not None
            low, high = map(float, advice.interval)
            covered += low <= known[int(number)] <= high
            certain += high - low < 1.5
    assert 0.90 <= covered / (shops * skus) <= 0.99
    assert certain > 0.9 * shops * skus


def _two_prices(cheap_units: int, cost: str | None, last: str = "10") -> list[SalesDay]:
    """Return 10 units a day at 10, `cheap_units` a day at 8, week by week; the last week has the price `last`."""
    days = []
    for number in range(84):
        cheap = (number // 7 % 2 == 0) == (last == "10")
        units, price = (cheap_units, Decimal(8)) if cheap else (10, Decimal(10))
        unit_cost = None if cost is None else Decimal(cost)
        day = TODAY - timedelta(days=84 - number)
        days.append(SalesDay(day, units, price * units, price, 500, 400, unit_cost))
    return days


def test_a_rate_with_more_margin_is_advised() -> None:
    advice = _advice(_two_prices(30, "4"))
    assert advice.status is RecommendationStatus.ADVISED
    assert (advice.objective, advice.advised_percentage) == (Objective.MARGIN, Decimal(20))
    assert advice.gain_per_day is not None
    expected, lower, upper = advice.gain_per_day
    assert lower < expected < upper
    assert float(expected) == pytest.approx(30 * 4 - 10 * 6, rel=0.05)
    assert advice.elasticity is not None
    assert float(advice.elasticity) == pytest.approx(-4.92, abs=0.05)  # ln 3 / ln 0.8
    assert advice.own_estimate == advice.elasticity


def test_a_rate_that_would_lose_is_not() -> None:
    advice = _advice(_two_prices(12, "4"))
    assert advice.status is RecommendationStatus.NO_GAIN
    assert (advice.advised_percentage, advice.gain_per_day) == (None, None)
    assert advice.interval is not None


def test_the_end_of_a_discount_is_advised_too() -> None:
    advice = _advice(_two_prices(12, "4", last="8"))
    assert (advice.status, advice.advised_percentage) == (RecommendationStatus.ADVISED, Decimal(0))


def test_without_a_cost_the_advice_is_for_revenue() -> None:
    assert _advice(_two_prices(12, "7")).status is RecommendationStatus.NO_GAIN
    advice = _advice(_two_prices(14, None))
    assert (advice.objective, advice.status) == (Objective.REVENUE, RecommendationStatus.ADVISED)


def test_no_rate_outside_the_observed_prices_is_advised() -> None:
    """Revenue would rise with every further discount, but no price below 8 was ever seen."""
    days = _two_prices(40, None)
    assert _advice(days).advised_percentage == 20
    dearer = replace(
        days[0], date=days[0].date - timedelta(days=1), units=0, revenue=Decimal(0), offered_price=Decimal(12)
    )
    assert _advice([dearer, *days]).advised_percentage == 30  # 8.40; 35 % of 12 would be 7.80


def test_too_few_data_are_insufficient_with_reasons() -> None:
    advice = _advice(_two_prices(20, None)[:20])
    assert advice.status is RecommendationStatus.INSUFFICIENT
    assert list(advice.missing) == ["too_few_days"]
    assert (advice.elasticity, advice.interval, advice.objective) == (None, None, None)
    assert advise([], TODAY) == {}


def test_a_sku_with_few_sales_leans_on_the_others() -> None:
    chance = random.Random(3)
    histories = [(str(n), simulated_days(chance, -2.0)) for n in range(8)]
    thin = [replace(day, units=day.units // 4, revenue=day.revenue / 4) for day in simulated_days(chance, -2.0)[-60:]]
    thin = [replace(day, revenue=(day.offered_price or Decimal()) * day.units) for day in thin]
    alone = advise([("thin", thin)], TODAY)["thin"]
    among = advise([*histories, ("thin", thin)], TODAY)["thin"]
    assert alone.own_estimate == among.own_estimate
    assert alone.interval is not None
    assert among.interval is not None
    assert among.interval[1] - among.interval[0] < alone.interval[1] - alone.interval[0]


def _wholesale_day(units: int, position: int, low: str, high: str) -> list[SalesDay]:
    """Return 60 days of 2 units, the last week of them at the low price, one with a wholesale order."""
    days = []
    for number in range(60):
        price, sold = Decimal(low if number >= 53 else high), units if number == position else 2
        days.append(SalesDay(TODAY - timedelta(days=60 - number), sold, price * sold, price))
    return days


@pytest.mark.parametrize("units", [1_000, 100_000, 10**9])
@pytest.mark.parametrize(("low", "high"), [("10", "10.6"), ("10", "20"), ("1", "10")])
@pytest.mark.parametrize("position", [0, 30, 52, 59])
def test_one_wholesale_day_ends_no_other_skus_advice(units: int, low: str, high: str, position: int) -> None:
    good = _two_prices(30, "4")
    advice = advise([("bulk", _wholesale_day(units, position, low, high)), ("good", good)], TODAY)
    assert advice["good"] == _advice(good)
    _check_numbers(advice["bulk"])


def test_a_wholesale_day_beyond_the_model_is_named() -> None:
    advice = _advice(_wholesale_day(100_000, 30, "10", "10.6"))
    assert (advice.status, list(advice.missing)) == (RecommendationStatus.INSUFFICIENT, ["out_of_model"])


def _check_numbers(advice: Advice) -> None:
    """Check that each number can be stored, and that missing evidence is named."""
    numbers = (advice.elasticity, advice.own_estimate, *(advice.interval or ()), *(advice.gain_per_day or ()))
    assert all(number.is_finite() and len(number.as_tuple().digits) <= 38 for number in numbers if number is not None)
    assert (advice.status is RecommendationStatus.INSUFFICIENT) == bool(advice.missing)


_ENORMOUS = st.one_of(st.sampled_from([0, 1, 2, 50, 10**9]), st.integers(0, 10**12))
_ANY_PRICE = st.decimals("0.0001", "1e12", places=4)


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[str, list[SalesDay]]]:
    """Return SKUs with two prices and two usual counts, and some days of any count."""
    result = []
    for sku in range(draw(st.integers(1, 7))):
        prices, usual = draw(st.tuples(_ANY_PRICE, _ANY_PRICE)), draw(st.tuples(_ENORMOUS, _ENORMOUS))
        count = draw(st.sampled_from([28, 40]))
        split, odd = (
            draw(st.integers(7, count - 7)),
            draw(st.dictionaries(st.integers(0, count - 1), _ENORMOUS, max_size=3)),
        )
        cost = draw(st.one_of(st.none(), _ANY_PRICE))
        days = []
        for number in range(count):
            second = number >= split
            units, price = odd.get(number, usual[second]), prices[second]
            days.append(SalesDay(TODAY - timedelta(days=count - number), units, price * units, price, unit_cost=cost))
        result.append((str(sku), days))
    return result


@given(_histories())
def test_enormous_counts_and_prices_raise_nothing(histories: list[tuple[str, list[SalesDay]]]) -> None:
    advice = advise(histories, TODAY)
    assert set(advice) == {sku for sku, _ in histories}
    for each in advice.values():
        _check_numbers(each)
