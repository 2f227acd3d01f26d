"""Movements of customers' MRR, by scope and day, and by customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chalicelib.analytics.domain.mrr_movements import Movement
from chalicelib.analytics.domain.revenue_days import MovementSums, movement_sums, sums_of
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import MrrMovement
from chalicelib.kit import clock, pagination
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, readable_rows


def list_by_customer(customer: str, scope: RevenueScope) -> dict[date, MrrMovement]:
    """Return the customer's movements by day.

    Reads an index, so the result is eventually consistent.
    """
    prefix = MrrMovement.scope_day.startswith(f"{scope}#")
    rows = readable_rows(MrrMovement.by_customer.query(customer, prefix))
    return {day_of(row): row for row in rows}


def iterate_by_day(scope: RevenueScope, day: date) -> Iterator[MrrMovement]:
    """Yield the movements of a scope and day, read consistently."""
    yield from readable_rows(MrrMovement.query(_scope_day(scope, day), consistent_read=True))


def list_by_day(scope: RevenueScope, day: date, page: PageRequest) -> PageResult[MrrMovement]:
    """Return a page of the movements of a scope and day, by customer."""
    rows = MrrMovement.query(_scope_day(scope, day), limit=page.limit, last_evaluated_key=page.start)
    return pagination.query_page(rows)


def row_of(customer: str, scope: RevenueScope, movement: Movement) -> MrrMovement:
    """Return the row of a movement; does not write it."""
    sums = movement_sums(movement)
    return MrrMovement(
        _scope_day(scope, movement.day),
        customer,
        kind=movement.kind,
        amount=movement.amount,
        mrr_before=movement.before.mrr,
        mrr_after=movement.after.mrr,
        committed_before=movement.committed_before,
        committed_after=movement.committed_after,
        active_subscriptions=sums.active_subscriptions,
        new_subscriptions=sums.new_subscriptions,
        churned_subscriptions=sums.churned_subscriptions,
        unconverted={name: format(amount, "f") for name, amount in sums.unconverted.items()} or None,
        computed_at=clock.now(),
    )


def stage(transaction: Transaction, row: MrrMovement, *, is_put: bool) -> None:
    """Stage a write of the row, or its deletion."""
    if is_put:
        transaction.put(row)
    else:
        transaction.delete(row)


def sums_of_row(row: MrrMovement) -> MovementSums:
    """Return the figures of a movement's row."""
    counts = (row.active_subscriptions, row.new_subscriptions, row.churned_subscriptions)
    committed = row.committed_after - row.committed_before
    unconverted = {currency: Decimal(amount) for currency, amount in (row.unconverted or {}).items()}
    return sums_of(row.kind, (row.mrr_before, row.mrr_after), committed, counts, unconverted)


def day_of(row: MrrMovement) -> date:
    """Return the day of a movement's row."""
    return date.fromisoformat(row.scope_day.partition("#")[2])


def _scope_day(scope: RevenueScope, day: date) -> str:
    return f"{scope}#{day.isoformat()}"
