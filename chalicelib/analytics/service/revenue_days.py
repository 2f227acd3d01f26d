"""The revenue of each day: the owners whose MRR changes, then the days from the first that changed on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce

from chalicelib.analytics.domain.recurring_revenue import ZERO, six_places
from chalicelib.analytics.domain.revenue_days import (
    PaymentFigures,
    PaymentSum,
    RevenueFigures,
    add_figures,
    add_payments,
    add_sums,
    failing_payments,
    is_final,
    next_day,
    payment_figures,
)
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.metrics import MRR, PAYMENTS_FAILING
from chalicelib.analytics.models import RevenueDay
from chalicelib.analytics.repository import mrr_movements, recurring_revenue, revenue_days
from chalicelib.analytics.schemas.days import RevenueDue
from chalicelib.analytics.service import exchange_rates
from chalicelib.analytics.service.own_sites import SCOPES
from chalicelib.analytics.service.recurring_revenue import ComputedOwner, compute_owner, defer_owner, finish_owner
from chalicelib.kit import clock, config, logs, messages
from chalicelib.kit.queue_records import ReceivedMessage

Batch = Sequence[ReceivedMessage[RevenueDue]]

PARTS = tuple(SCOPES.values())
_LOOK_BACK = timedelta(hours=2)
"""Hours before the last completed run that are looked at again: a report may have come while it ran."""
_FIRST_LOOK_BACK = timedelta(days=2)
_RECENT = timedelta(days=4)
"""Days that each run looks at, until they are final."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

log = logs.logger("analytics")


def send_due_owners(now: datetime, since: datetime | None) -> int:
    """Send the owners whose days are due to their computation; return the number of messages.

    `since` is when the last run completed. Without a due owner one message has the open days computed, unless there is
    no revenue. An owner that waits for longer than the next run looks back becomes due at `now`, so that it is sent
    until it is computed.
    """
    due: list[str] = []
    hour = (since - _LOOK_BACK if since else now - _FIRST_LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        owners = list(recurring_revenue.iterate_due(hour))
        if hour + _LOOK_BACK <= now:
            for owner in owners:
                defer_owner(owner, now)
        due += owners
        hour += _HOUR
    waiting = [RevenueDue(owner=owner) for owner in dict.fromkeys(due)]
    if not waiting and not _is_idle(_latest(now)):
        waiting = [RevenueDue()]
    messages.publish_many(waiting)
    return len(waiting)


def compute_due_revenue(batch: Batch) -> list[ReceivedMessage[RevenueDue]]:
    """Compute the owners of the messages, then the days that changed; return the messages whose owner failed.

    If the run crashes, the owners are still due. Two batches may run at once.
    """
    now, computed, failed = clock.now(), list[ComputedOwner](), list[ReceivedMessage[RevenueDue]]()
    for received in batch:
        owner = received.content.owner
        try:
            result = compute_owner(owner, now) if owner is not None else None
        except Exception:
            log.exception("owner not computed: its step failed", extra={"owner": owner})
            failed.append(received)
        else:
            computed += [result] if result is not None else []
    compute_days(min((each.first_day for each in computed), default=None), now)
    for each in computed:
        finish_owner(each, now)
    return failed


def measure_revenue(now: datetime) -> None:
    """Write the metrics of revenue: the MRR, and failed payments if too many of yesterday's and today's failed."""
    today = now.date()
    rows = revenue_days.list_range(RevenueScope.ALL, today - _DAY, today).values()
    paid = reduce(add_payments, map(revenue_days.payments_of, rows), PaymentFigures())
    PAYMENTS_FAILING.count(failing_payments(paid))
    MRR.count(int(revenue_days.figures_of(revenue_days.find_before(RevenueScope.ALL, today + _DAY)).mrr))


def compute_days(first_day: date | None, now: datetime) -> None:
    """Set the revenue of the days from `first_day` to today, and of the days that are not final yet.

    `first_day` is None if no movement changed. Without revenue, nothing is read after the last rows, or written.
    Repeats until there is nothing to write: of two concurrent runs, the one that writes last then has read the
    movements of both.
    """
    while _compute_days(first_day, now):
        pass


def _compute_days(first_day: date | None, now: datetime) -> int:
    """Compute the days once; return the number of written rows."""
    today, latest = now.date(), _latest(now)
    if first_day is None and _is_idle(latest):
        return 0
    open_rows = [row for row in latest if not row.is_final or row.customers]
    starts = [today - _RECENT, *(min(row.analytics_date + _DAY, today) - _RECENT for row in open_rows)]
    first = min([*starts, first_day or today, today])
    days = [first + number * _DAY for number in range((today - first).days + 1)]
    figures = {scope: _scope_figures(scope, days) for scope in PARTS}
    return _write_days(days, figures, now)


def _latest(now: datetime) -> list[RevenueDay]:
    """Return the last row of each scope up to today."""
    return [row for scope in PARTS if (row := revenue_days.find_before(scope, now.date() + _DAY))]


def _is_idle(latest: Sequence[RevenueDay]) -> bool:
    """Return whether there is no revenue, and no day that may still change."""
    return all(row.is_final and revenue_days.figures_of(row).is_empty for row in latest)


def set_payments(
    tenant: str, day: date, sums: Sequence[PaymentSum], generation: int, *, is_repair: bool = False
) -> None:
    """Set what was paid on a tenant's day (UTC), as the computation `generation` of the day found it.

    Equal sums are not written again, unless the computation repairs one that did not finish.
    """
    scope, currency = SCOPES[tenant], config.settings().reporting_currency
    row = revenue_days.find(scope, day) or revenue_days.empty_row(scope, day)
    if not is_repair and list(sums) == revenue_days.payment_sums_of(row):
        return
    if revenue_days.write_payment_sums(row, sums, _payments(sums, day), currency, generation):
        _write_all_payments(day)


def _scope_figures(scope: RevenueScope, days: Sequence[date]) -> list[RevenueFigures]:
    """Return the figures of consecutive days: each is the day before and its movements."""
    before, figures = revenue_days.figures_of(revenue_days.find_before(scope, days[0])), []
    for day in days:
        rows = mrr_movements.iterate_by_day(scope, day)
        before = next_day(before, add_sums(mrr_movements.sums_of_row(row) for row in rows))
        figures.append(before)
    return figures


def _write_days(days: Sequence[date], figures: dict[RevenueScope, list[RevenueFigures]], now: datetime) -> int:
    """Write the days that changed, of each scope and of all; return the number of rows with other figures."""
    written, paid = 0, [PaymentFigures()] * len(days)
    for scope, scope_figures in figures.items():
        stored = revenue_days.list_range(scope, days[0], days[-1])
        rows = [stored.get(day) or revenue_days.empty_row(scope, day) for day in days]
        written += _write_figures(rows, scope_figures, now)
        paid = [add_payments(total, _convert_payments(row)) for total, row in zip(paid, rows, strict=True)]
    totals = [add_figures(member, store) for member, store in zip(*figures.values(), strict=True)]
    stored = revenue_days.list_range(RevenueScope.ALL, days[0], days[-1])
    rows = [stored.get(day) or revenue_days.empty_row(RevenueScope.ALL, day) for day in days]
    written += _write_figures(rows, totals, now)
    for row, total in zip(rows, paid, strict=True):
        _write_payments(row, total)
    return written


def _write_figures(rows: Sequence[RevenueDay], figures: Sequence[RevenueFigures], now: datetime) -> int:
    """Write the recurring revenue of the days that have any, or that have a row; return the number of written rows."""
    currency, written = config.settings().reporting_currency, 0
    for row, row_figures in zip(rows, figures, strict=True):
        if row.computed_at is not None or not row_figures.is_empty:
            final = is_final(row.analytics_date, now)
            written += revenue_days.write_figures(row, row_figures, currency, is_final=final)
    return written


def _convert_payments(row: RevenueDay) -> PaymentFigures:
    """Return what was paid on a day, with the exchange rates that there are now; write it if it changed."""
    if not row.payments:
        return revenue_days.payments_of(row)
    figures = _payments(revenue_days.payment_sums_of(row), row.analytics_date)
    _write_payments(row, figures)
    return figures


def _write_payments(row: RevenueDay, figures: PaymentFigures) -> None:
    if figures != revenue_days.payments_of(row):
        revenue_days.write_payments(row, figures, config.settings().reporting_currency)


def _write_all_payments(day: date) -> None:
    """Write what was paid in all scopes on a day."""
    parts = [revenue_days.find(scope, day) or revenue_days.empty_row(scope, day) for scope in PARTS]
    total = add_payments(*map(revenue_days.payments_of, parts))
    row = revenue_days.find(RevenueScope.ALL, day) or revenue_days.empty_row(RevenueScope.ALL, day)
    _write_payments(row, total)


def _payments(sums: Sequence[PaymentSum], day: date) -> PaymentFigures:
    """Return what was paid, in the reporting currency. Amounts without an exchange rate are left out."""
    rates = exchange_rates.rates_on([each.currency for each in sums], day)

    def convert(amount: Decimal, currency: str) -> Decimal:
        return six_places(amount * rates[currency]) if currency in rates else ZERO

    return payment_figures(sums, convert)


def list_days(scope: RevenueScope, first: date, last: date) -> list[tuple[date, RevenueFigures, PaymentFigures]]:
    """Return the revenue of each day of a range that has begun. A day without a row is like the one before it."""
    last = min(last, clock.today())
    rows = revenue_days.list_range(scope, first, last)
    before = revenue_days.figures_of(revenue_days.find_before(scope, first))
    days, day = [], first
    while day <= last:
        row = rows.get(day)
        figures = revenue_days.day_figures_of(row) if row else next_day(before, add_sums([]))
        days.append((day, figures, revenue_days.payments_of(row) if row else PaymentFigures()))
        before = figures
        day += _DAY
    return days
