"""The stores' revenue: entries from billing's messages, and reports by month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas.messages import PaymentChanged, SubscriptionChanged
from chalicelib.kit import clock, logs, messages
from chalicelib.kit.pagination import PageRequest
from chalicelib.platform.domain import revenue as rules
from chalicelib.platform.domain.revenue import Entry, PaymentState, RefundState, RevenueSums
from chalicelib.platform.models import RevenueEntry, RevenueReport
from chalicelib.platform.repository import revenue
from chalicelib.platform.schemas.measure_messages import RevenueReportRequested
from chalicelib.platform.schemas.measures import RevenueQuery, RevenueReportRead, RevenueReports

PAGE_ROWS = 1_000
PAGES = 20
"""Pages of entries in a step."""

log = logs.logger("platform")


def record_revenue(message: PaymentChanged | SubscriptionChanged) -> None:
    """Store the entries of a store's payment or subscription. Messages may be repeated, late and in any order."""
    if message.owner_type is not OwnerType.STORE:
        return
    for entry in _entries(message):
        row = RevenueEntry(
            entry.period,
            entry.id,
            store_id=message.owner_id,
            plan=entry.plan,
            amount=entry.amount,
            currency=entry.currency,
            version=message.version,
            occurred_at=entry.occurred_at,
        )
        if not revenue.set_entry(row):
            log.info("revenue entry not stored: it has this or a later version", extra={"entry": entry.id})


def compute_report(message: RevenueReportRequested) -> RevenueReportRequested | None:
    """Sum the next entries of a month. Returns the next step, or None when the report is stored.

    A month without entries has no report.
    """
    sums, cursor, began_at = RevenueSums.of_text(message.sums), message.cursor, message.began_at or clock.now()
    for _ in range(PAGES):
        page = revenue.list_entries(message.period, PageRequest(limit=PAGE_ROWS, start=cursor))
        sums.add(page.items)
        cursor = page.last_key
        if cursor is None:
            _store_report(message, sums, began_at)
            return None
    return RevenueReportRequested(
        period=message.period,
        is_repeated=message.is_repeated,
        cursor=cursor,
        sums=sums.to_text(),
        began_at=began_at,
    )


def continue_report(message: RevenueReportRequested) -> None:
    """Take a step of a month's report, and queue the next one. A repeated message changes nothing."""
    following = compute_report(message)
    if following is not None:
        messages.publish(following)


def read_revenue(query: RevenueQuery) -> RevenueReports:
    """Return the reports of the months that have one."""
    first, last = query.periods
    rows = revenue.find_reports(rules.periods_between(first, last))
    return RevenueReports(items=[RevenueReportRead.of(row) for row in rows])


def _store_report(message: RevenueReportRequested, sums: RevenueSums, began_at: datetime) -> None:
    if not sums.entries:
        return
    row = RevenueReport(
        message.period,
        total_revenue=sums.total,
        by_currency=rules.amounts_as_text(sums.by_currency),
        by_plan=rules.amounts_as_text(sums.by_plan),
        new_stores=sums.new_stores,
        churned_stores=sums.churned_stores,
        is_final=rules.is_final(message.period, began_at),
        generated_at=began_at,
    )
    if not revenue.set_report(row, is_repeated=message.is_repeated):
        log.info("revenue report not stored: it is final or newer", extra={"period": message.period})


def _entries(message: PaymentChanged | SubscriptionChanged) -> Iterable[Entry]:
    match message:
        case PaymentChanged():
            return rules.entries_of_payment(_payment(message))
        case SubscriptionChanged():
            return rules.entries_of_subscription(
                message.subscription_id, message.plan_name, message.started_at, message.ended_at
            )


def _payment(message: PaymentChanged) -> PaymentState:
    return PaymentState(
        message.payment_id,
        message.amount,
        message.tax,
        message.currency,
        message.plan_name,
        message.paid_at,
        [RefundState(each.id, each.amount, each.at, each.reversed_at) for each in message.refunds],
    )
