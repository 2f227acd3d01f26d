"""Exchange rates: their file, and the rate of a step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.analytics.domain.exchange_rates import DatedRate, RateRefused, parse_rates, rate_on, with_rates
from tests.analytics.revenue_factories import day_of, step


def test_a_day_takes_its_rate_or_the_last_one_of_seven_days_before() -> None:
    rates = {day_of(0): Decimal(1), day_of(5): Decimal(2)}
    assert rate_on(rates, day_of(0)) == (Decimal(1), day_of(0))
    assert rate_on(rates, day_of(4)) == (Decimal(1), day_of(0))
    assert rate_on(rates, day_of(12)) == (Decimal(2), day_of(5))
    assert rate_on(rates, day_of(13)) is None
    assert rate_on(rates, day_of(-1)) is None


def test_a_step_keeps_its_rate_and_a_future_one_has_none() -> None:
    steps = (step(0, 10, rate="3"), step(1, 20), step(2, 0), step(9, 30))
    rates = {day_of(day): Decimal(day + 1) for day in range(10)}
    assert [each.rate for each in with_rates(steps, rates, day_of(5))] == [3, 2, None, None]


def test_a_file_is_read_with_a_byte_order_mark_and_spaces() -> None:
    text = "\ufeffcurrency,date,rate\r\nEUR, 2026-03-01 ,1.0825\r\n\r\nJPY,2026-03-02,0.0067\r\n"
    assert parse_rates(text) == [
        DatedRate("EUR", day_of(0), Decimal("1.0825")),
        DatedRate("JPY", day_of(1), Decimal("0.0067")),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("date,currency,rate\n", "line 1"),
        ("currency,date,rate\nEUR,2026-03-01\n", "line 2"),
        ("currency,date,rate\nEUR,2026-03-01,1\neur,2026-03-01,1\n", "line 3: the currency"),
        ("currency,date,rate\nEUR,01.03.2026,1\n", "line 2"),
        ("currency,date,rate\nEUR,2026-03-01,one\n", "line 2"),
        ("currency,date,rate\nEUR,2026-03-01,NaN\n", "line 2: the rate"),
        ("currency,date,rate\nEUR,2026-03-01,0\n", "line 2: the rate"),
        ("currency,date,rate\nEUR,2026-03-01,1e13\n", "line 2: the rate"),
        ("currency,date,rate\nEUR,2026-03-01,0.0000000000001\n", "line 2: the rate"),
    ],
)
def test_an_invalid_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(RateRefused, match=message):
        parse_rates(text)
