"""The revenue of each day, by scope. Movements and payments set different columns of a day's row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.analytics.domain.revenue_days import (
    MovementSums,
    PaymentFigures,
    PaymentSum,
    RevenueFigures,
)
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import RevenueDay
from chalicelib.kit import clock
from chalicelib.kit.tables import column_actions, update_if

_PAYMENTS = tuple(asdict(PaymentFigures()))
_CHANGES = (
    "new_mrr",
    "expansion_mrr",
    "contraction_mrr",
    "churned_mrr",
    "reactivation_mrr",
    "new_customers",
    "churned_customers",
    "reactivated_customers",
    "new_subscriptions",
    "churned_subscriptions",
)


def find(scope: RevenueScope, day: date) -> RevenueDay | None:
    """Return the row of a day, read consistently, or None."""
    try:
        return RevenueDay.get(scope, day, consistent_read=True)
    except RevenueDay.DoesNotExist:
        return None


def find_before(scope: RevenueScope, day: date) -> RevenueDay | None:
    """Return the last row before a day, read consistently, or None."""
    rows = RevenueDay.query(
        scope, RevenueDay.analytics_date < day, scan_index_forward=False, limit=1, consistent_read=True
    )
    return next(iter(rows), None)


def list_range(scope: RevenueScope, first: date, last: date) -> dict[date, RevenueDay]:
    """Return the rows of a range of days by day, read consistently."""
    between = RevenueDay.analytics_date.between(first, last)
    return {row.analytics_date: row for row in RevenueDay.query(scope, between, consistent_read=True)}


def figures_of(row: RevenueDay | None) -> RevenueFigures:
    """Return the figures of the recurring revenue at the end of a day, without its changes; zeros without a row."""
    if row is None:
        return RevenueFigures()
    unconverted = {currency: Decimal(amount) for currency, amount in (row.unconverted or {}).items()}
    return RevenueFigures(row.mrr, row.mrr, row.committed_mrr, row.customers, row.active_subscriptions, unconverted)


def day_figures_of(row: RevenueDay) -> RevenueFigures:
    """Return the figures of a day with its changes."""
    changes = MovementSums(mrr=row.mrr - row.start_mrr, **{name: getattr(row, name) for name in _CHANGES})
    at_start = row.customers - row.new_customers - row.reactivated_customers + row.churned_customers
    return replace(figures_of(row), start_mrr=row.start_mrr, sums=replace(changes, customers=row.customers - at_start))


def payments_of(row: RevenueDay) -> PaymentFigures:
    """Return what was paid on a day."""
    return PaymentFigures(*(getattr(row, name) for name in _PAYMENTS))


def payment_sums_of(row: RevenueDay) -> list[PaymentSum]:
    """Return the sums of the payment events of a day."""
    return [
        PaymentSum(**{**each, **{name: Decimal(each[name]) for name in ("amount", "addons", "tax")}})
        for each in row.payments or []
    ]


def write_figures(row: RevenueDay, figures: RevenueFigures, currency: str, *, is_final: bool) -> bool:
    """Write the recurring revenue of a day unless the row has it already. Returns whether it wrote."""
    unconverted = {name: format(amount, "f") for name, amount in figures.unconverted.items()} or None
    return _write(row, {**figures.columns, "unconverted": unconverted, "currency": currency, "is_final": is_final})


def write_payments(row: RevenueDay, figures: PaymentFigures, currency: str) -> bool:
    """Write what was paid on a day. Returns False if a computation has written other payments since the row was read."""
    stored, generation = RevenueDay.payments_generation, row.payments_generation
    unchanged = stored.does_not_exist() if generation is None else stored == generation
    columns = {**asdict(figures), "currency": currency, "computed_at": clock.now()}
    return update_if(RevenueDay(row.scope, row.analytics_date), _actions(columns), unchanged)


def write_payment_sums(
    row: RevenueDay, sums: Sequence[PaymentSum], figures: PaymentFigures, currency: str, generation: int
) -> bool:
    """Write what was paid on a day, and its sums, of a computation of the tenant's day.

    Returns False if a later computation has written them.
    """
    columns = {
        **asdict(figures),
        "currency": currency,
        "payments": [asdict(each) for each in sums] or None,
        "payments_generation": generation,
        "computed_at": clock.now(),
    }
    stored = RevenueDay.payments_generation
    key = RevenueDay(row.scope, row.analytics_date)
    return update_if(key, _actions(columns), stored.does_not_exist() | (stored <= generation))


def empty_row(scope: RevenueScope, day: date) -> RevenueDay:
    """Return the row of a day with nothing in it; does not write it."""
    return RevenueDay(scope, day)


def _write(row: RevenueDay, columns: dict[str, Any]) -> bool:
    if all(_is_stored(row, name, value) for name, value in columns.items()):
        return False
    RevenueDay(row.scope, row.analytics_date).update(_actions({**columns, "computed_at": clock.now()}))
    return True


def _actions(columns: dict[str, Any]) -> list[Action]:
    """Return the updates of the columns; the others get their defaults if the row does not exist yet."""
    attributes = RevenueDay.get_attributes()
    actions = column_actions(RevenueDay, columns)
    for name, attribute in attributes.items():
        default = attribute.default() if callable(attribute.default) else attribute.default
        if name not in columns and default is not None:
            actions.append(attribute.set(attribute | default))
    return actions


def _is_stored(row: RevenueDay, name: str, value: Any) -> bool:
    return row.computed_at is not None and bool(getattr(row, name) == value)
