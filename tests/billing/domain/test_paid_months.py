"""The months that an invoice line opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.monthly_grants import add_months, month_source_key, months_of_period, paid_months
from chalicelib.billing.stripe_objects.invoices import StripeInvoiceLine

anchors = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC))
LINE = StripeInvoiceLine(
    "price_1",
    Decimal("240.00"),
    datetime(2027, 8, 31, 9, tzinfo=UTC),
    datetime(2028, 8, 31, 9, tzinfo=UTC),
    is_subscription=True,
    is_proration=False,
)


@given(anchors, st.integers(min_value=0, max_value=40))
def test_a_monthly_period_is_one_month_even_if_the_anchor_day_is_missing(anchor: datetime, n: int) -> None:
    period = add_months(anchor, n), add_months(anchor, n + 1)
    assert months_of_period(*period) == [period[0]]


@given(anchors, st.integers(min_value=0, max_value=5))
def test_a_yearly_period_opens_twelve_different_days(anchor: datetime, year: int) -> None:
    months = months_of_period(add_months(anchor, 12 * year), add_months(anchor, 12 * (year + 1)))
    assert len({moment.date() for moment in months}) == 12
    assert months == sorted(months)


@given(anchors)
def test_the_months_of_successive_years_do_not_overlap(anchor: datetime) -> None:
    first = months_of_period(anchor, add_months(anchor, 12))
    second = months_of_period(add_months(anchor, 12), add_months(anchor, 24))
    assert not {moment.date() for moment in first} & {moment.date() for moment in second}


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-12-15", 1, "2028-01-15"),
        ("2027-08-31", 6, "2028-02-29"),
    ],
)
def test_short_months_and_leap_years(start: str, count: int, end: str) -> None:
    assert add_months(datetime.fromisoformat(f"{start}T10:00:00Z"), count).date().isoformat() == end


def test_a_yearly_line_opens_twelve_months_and_marks_the_first() -> None:
    months = list(paid_months([LINE]))
    assert [month.begins_at.day for month in months] == [31, 30, 31, 30, 31, 31, 29, 31, 30, 31, 30, 31]
    assert [month.is_first for month in months] == [True] + [False] * 11


@pytest.mark.parametrize(
    "line",
    [
        replace(LINE, amount=Decimal(0)),
        replace(LINE, amount=Decimal("-12.00")),
        replace(LINE, is_proration=True),
        replace(LINE, is_subscription=False),
        replace(LINE, price_id=None),
    ],
)
def test_trials_prorations_and_other_sales_open_nothing(line: StripeInvoiceLine) -> None:
    assert list(paid_months([line])) == []


def test_the_key_of_a_month_has_the_subscription_and_the_first_day() -> None:
    assert month_source_key("sub_1", LINE.period_start) == "grant/sub_1/2027-08-31"
