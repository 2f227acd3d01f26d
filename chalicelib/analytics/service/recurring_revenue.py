"""Recurring revenue: billing's reports on subscriptions, and the movements of their owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.analytics.domain.exchange_rates import with_rates
from chalicelib.analytics.domain.mrr_movements import customer_movements, days_to_rate
from chalicelib.analytics.domain.purchases import Purchase, purchases
from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep, end_of, merge_state
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import MrrMovement, RecurringRevenue
from chalicelib.analytics.repository import mrr_movements, recurring_revenue
from chalicelib.analytics.repository.recurring_revenue import Due
from chalicelib.analytics.service import exchange_rates
from chalicelib.analytics.service.purchases import send_purchases
from chalicelib.kit import clock
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.tables import Transaction, copy_row, rows_differ
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

RATE_WAIT = timedelta(days=31)
"""For this long after its first day, a step without an exchange rate is looked at daily."""
_MOST_WRITES = 90
"""Writes of one transaction; DynamoDB allows 100."""


@dataclass(frozen=True, slots=True)
class SubscriptionReport:
    """A subscription's MRR as billing reports it."""

    scope: RevenueScope
    owner_id: str
    subscription_id: str
    plan_name: str | None
    status: str
    currency: str
    state: RevenueHistory


@dataclass(frozen=True, slots=True)
class ComputedOwner:
    """An owner whose movements are set from `first_day` on, the rows that they follow from, and the purchases."""

    owner: str
    first_day: date
    rows: Sequence[RecurringRevenue]
    purchases: Sequence[Purchase]


def record_report(report: SubscriptionReport) -> None:
    """Store what billing reports of a subscription, unless it is stale, and make its owner due."""
    run_unit_of_work(partial(_merge_report, report=report))


def compute_owner(owner: str, now: datetime) -> ComputedOwner | None:
    """Set the movements of an owner whose days are due, and send the purchases; None if no day is due.

    The owner stays due until `finish_owner`, so that a retry sends what a crash after the write left unsent.
    """
    computed = retry_conflicts(lambda: _compute_owner(owner, now))
    if computed is not None:
        send_purchases(owner, computed.purchases)
    return computed


def finish_owner(computed: ComputedOwner, now: datetime) -> None:
    """Set when the owner is due next, unless a report has changed a row since."""
    for row in computed.rows:
        due = _next_due(recurring_revenue.steps_of(row), now)
        if due is not None or row.due is not None:
            recurring_revenue.write_due(row, due)


def defer_owner(owner: str, until: datetime) -> None:
    """Make an owner that is due now due at `until`."""
    for row in recurring_revenue.list_by_owner(owner):
        if row.due_from is not None and row.due_from <= until.date():
            recurring_revenue.write_due(row, Due(until, row.due_from))


def mark_all_due(scope: RevenueScope, now: datetime, first_day: date) -> int:
    """Make all owners of a scope due from `first_day` on; return their number."""
    count = 0
    for owner in recurring_revenue.iterate_owners(scope):
        count += 1
        for row in recurring_revenue.list_by_owner(owner):
            recurring_revenue.write_due(row, Due(now, min(first_day, row.due_from or first_day)))
    return count


def _merge_report(unit: UnitOfWork, report: SubscriptionReport) -> None:
    owner = recurring_revenue.owner_key(report.scope, report.owner_id)
    row = recurring_revenue.find(owner, report.subscription_id)
    known = recurring_revenue.history_of(row) if row else None
    merged = merge_state(known, report.state)
    if merged is None:
        return
    changed = copy_row(row) if row else _new_row(owner, report)
    if known is None or merged.steps != known.steps:
        recurring_revenue.set_steps(changed, merged.steps)
        first_day = min(day for day in (changed.due_from, merged.effective_at.date()) if day)
        recurring_revenue.set_due(changed, Due(max(clock.now(), _start_of(first_day)), first_day))
    changed.plan_name, changed.status, changed.currency = report.plan_name, report.status, report.currency
    changed.as_of, changed.effective_at, changed.is_final = merged.as_of, merged.effective_at, merged.is_final
    recurring_revenue.stage(unit.transaction, changed)


def _start_of(day: date) -> datetime:
    """Return the start of a day in UTC: a change that applies later is computed on its day, not before."""
    return end_of(day - timedelta(days=1))


def _new_row(owner: str, report: SubscriptionReport) -> RecurringRevenue:
    return RecurringRevenue(owner, report.subscription_id, scope=report.scope, version=0, created_at=clock.now())


def _compute_owner(owner: str, now: datetime) -> ComputedOwner | None:
    today, rows = now.date(), recurring_revenue.list_by_owner(owner)
    due_days = [row.due_from for row in rows if row.due_from and row.due_from <= today]
    if not due_days:
        return None
    rated = _rate_steps(rows, today)
    first_day = min([*due_days, *(day for days in rated.values() for day in days)])
    scope = recurring_revenue.scope_of(owner)
    former = mrr_movements.list_by_customer(owner, scope)
    subscriptions = [recurring_revenue.subscription_of(row) for row in rows]
    committed = {day: row.committed_after for day, row in former.items()}
    movements = customer_movements(subscriptions, first_day, today, committed)
    wanted = [mrr_movements.row_of(owner, scope, each) for each in movements]
    kept_days = {each.day for each in movements}
    puts = [row for row in wanted if _is_changed(row, former.get(mrr_movements.day_of(row)))]
    deletes = [row for day, row in former.items() if first_day <= day and day not in kept_days]
    _write(rows, set(rated), puts, deletes)
    return ComputedOwner(owner, first_day, rows, list(purchases(subscriptions, movements)))


def _rate_steps(rows: Sequence[RecurringRevenue], today: date) -> dict[str, list[date]]:
    """Give begun steps their exchange rates; return the days of those that got one, by subscription."""
    rated: dict[str, list[date]] = {}
    for row in rows:
        subscription = recurring_revenue.subscription_of(row)
        for currency, days in days_to_rate([subscription], today).items():
            steps = with_rates(subscription.steps, exchange_rates.rates_of(currency, days), today)
            changed = [new.day for old, new in zip(subscription.steps, steps, strict=True) if new != old]
            if changed:
                recurring_revenue.set_steps(row, steps)
                rated[row.subscription_id] = changed
    return rated


def _is_changed(row: MrrMovement, former: MrrMovement | None) -> bool:
    return former is None or rows_differ(copy_row(row, {"computed_at": former.computed_at}), former)


def _write(
    rows: Sequence[RecurringRevenue], rated: set[str], puts: Sequence[MrrMovement], deletes: Sequence[MrrMovement]
) -> None:
    """Write the movements, and the rows that got rates, while no row has changed since it was read."""
    size = max(1, _MOST_WRITES - len(rows))
    writes = [*((row, True) for row in puts), *((row, False) for row in deletes)]
    for start in range(0, max(len(writes), 1 if rated else 0), size):
        with Transaction() as transaction:
            for row in rows:
                if row.subscription_id in rated and start == 0:
                    recurring_revenue.stage(transaction, row)
                else:
                    recurring_revenue.stage_check(transaction, row)
            for movement, is_put in writes[start : start + size]:
                mrr_movements.stage(transaction, movement, is_put=is_put)


def _next_due(steps: Sequence[RevenueStep], now: datetime) -> Due | None:
    """Return when the next known step begins, or when a step without a rate is looked at again; None for neither."""
    today = now.date()
    begins = [Due(step.begins_at, step.day) for step in steps if step.begins_at > now]
    waits = any(step.amount and step.rate is None and today - RATE_WAIT <= step.day <= today for step in steps)
    midnight = end_of(today)
    return min([*begins, *([Due(midnight, midnight.date())] if waits else [])], key=lambda due: due.at, default=None)
