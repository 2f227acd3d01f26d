"""Recounts a shop's figures from its orders, and journals the differences.

It closes a journal that cannot be applied first. A rebuild opens the shop's journal for at most HOLD and keeps it while it reads, so that no figure changes; the messages
of the shop wait. After a crash another worker closes it. A check only reads, and stops if figures change while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.discounts.domain.contribution import iterate_use_keys
from chalicelib.discounts.domain.deltas import Deltas, OpenDays, customer_key
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.domain.recount import Recount, counter_differences, customer_differences
from chalicelib.discounts.repository import (
    archived_orders,
    customer_insights,
    discounts,
    order_usages,
    stored_figures,
    usage_journals,
)
from chalicelib.discounts.service import journal
from chalicelib.discounts.service.journal import JournalLost
from chalicelib.discounts.service.journal_content import JournalContent, customer_rows
from chalicelib.discounts.service.usage_plan import counter_writes, open_days, require_writable
from chalicelib.kit import clock, logs, retries

HOLD = timedelta(minutes=14)
"""The longest time of a rebuild; Lambda ends a worker after 15 minutes."""
PAGE = 500
CHECK_ATTEMPTS = 3
_REFUSED_BY_CODE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

log = logs.logger("discounts")


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """The number of orders that were counted, and the number of rows that differed."""

    orders: int
    differences: int


def rebuild_usage(shop: str) -> RebuildResult:
    """Rebuild the shop's figures from its orders: write the differences. It may be repeated, also after a crash.

    Raises Unavailable if workers keep the journal busy, WriteConflict if it takes longer than HOLD.
    """

    def attempt() -> RebuildResult:
        _close_open_journal(shop)
        head = usage_journals.find_head(shop)
        held = journal.hold(head, HOLD)
        content, orders = _differences(shop, head.sequence + 1, clock.now())
        journal.write_held(head, held, content)
        return RebuildResult(orders, _size(content))

    return retries.retry_conflicts(attempt)


def check_usage(shop: str) -> RebuildResult | None:
    """Compare the shop's figures with a recount, without a write; None if they change while they are read."""
    for _ in retries.attempts(CHECK_ATTEMPTS):
        head = usage_journals.find_head(shop)
        content, orders = _differences(shop, head.sequence + 1, clock.now())
        after = usage_journals.find_head(shop)
        if not head.open_key and not after.open_key and head.sequence == after.sequence:
            for each in content.counters:
                log.error("figures differ", extra={"shop": shop, "row": list(each.key), "by": str(each.counters)})
            return RebuildResult(orders, _size(content))
    return None


def _differences(shop: str, sequence: int, now: datetime) -> tuple[JournalContent, int]:
    """Return the writes that make the figures equal to a recount, and the number of orders."""
    days = open_days(now)
    recount, orders = Recount(days), 0
    states = _writable_orders(shop, days)
    while page := list(islice(states, PAGE)):
        recount.add(page)
        orders += len(page)
    _note_capped(shop, recount)
    stored = dict(stored_figures.iterate_counters(shop, recount.figures.counters, days, now.date()))
    customers = list(stored_figures.iterate_customers(shop))
    figures = {row.customer_id: customer_insights.to_figures(row) for row in customers}
    result = Deltas(
        counters=counter_differences(recount, stored),
        seen=recount.figures.seen,
        products=recount.figures.products,
        customers=customer_differences(recount, figures, days.figures_from),
        currencies={row.customer_id: row.currency for row in customers} | recount.figures.currencies,
    )
    named = sorted({key.discount_id for key in result.counters if key.discount_id})
    codes = {row.discount_id: row.discount_code for row in discounts.find_with_deleted(shop, named)}
    return (
        JournalContent(
            shop,
            sequence,
            now,
            customers=customer_rows(shop, result, sequence),
            counters=counter_writes(shop, result, codes, now),
        ),
        orders,
    )


def _writable_orders(shop: str, days: OpenDays) -> Iterator[OrderState]:
    """Iterate over the shop's orders, except those whose figures no journal can write: their messages fail alone."""
    for state in _orders(shop):
        try:
            require_writable(shop, state, days)
        except Exception:
            log.exception("order left out of the recount", extra={"shop": shop, "order": state.order_id})
        else:
            yield state


def _orders(shop: str) -> Iterator[OrderState]:
    """Iterate over the shop's orders: those in the table, then those in the archive that the table lacks."""
    present = set()
    for row in stored_figures.iterate_orders(shop):
        present.add(row.order_id)
        yield order_usages.to_state(row)
    for row in archived_orders.iterate_archived_orders(shop):
        if row.order_id not in present:
            present.add(row.order_id)
            yield order_usages.to_state(row)


def _note_capped(shop: str, recount: Recount) -> None:
    """Mark the uses of customers with too many of them as uncertain; reads the orders again if there are any."""
    capped = recount.capped_customers()
    if capped:
        for state in _writable_orders(shop, recount.open_days):
            if customer_key(state) in capped:
                recount.uncertain |= set(iterate_use_keys(state))


def _close_open_journal(shop: str) -> None:
    """Finish the open journal; close one that was lost, or of which a write fails every time.

    Every other write of it has been tried, so that a worker which comes late changes nothing. The messages of a journal
    that was not finished have failed, and come again.
    """
    head = usage_journals.find_head(shop)
    if not head.open_key:
        return
    try:
        journal.finish_open_journal(head)
    except Exception as error:
        if not isinstance(error, JournalLost) and not _fails_every_time(error):
            raise
        log.exception("journal closed that cannot be applied: the recount replaces it", extra={"shop": shop})
        usage_journals.close(shop, head.open_key, head.sequence + 1)
        usage_journals.delete_content(head.open_key)


def _fails_every_time(error: Exception) -> bool:
    """Return whether our code or DynamoDB refuses a write for what it contains."""
    refusal = getattr(error, "cause_response_code", None)
    return isinstance(error, _REFUSED_BY_CODE) or refusal == "ValidationException"


def _size(content: JournalContent) -> int:
    return len(content.counters) + len(content.customers)
