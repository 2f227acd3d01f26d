"""The retention rules of billing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.models import PaymentTransaction, StripeWebhook
from chalicelib.billing.retention import RULES


def test_every_rule_counts_from_a_column_that_its_table_has() -> None:
    for rule in RULES:
        assert rule.name == "billing/" + rule.table.Meta.table_name.rpartition("-")[2]
        assert rule.timestamp_column in rule.table.get_attributes()


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2090, 2, 28)))
def test_payments_are_kept_for_seven_years(paid: date) -> None:
    day = paid if (paid.month, paid.day) != (2, 29) else date(paid.year, 2, 28)
    assert day + PaymentTransaction.KEEP >= day.replace(year=day.year + 7)


def test_processed_events_are_kept_for_90_days() -> None:
    assert timedelta(days=90) == StripeWebhook.KEEP
