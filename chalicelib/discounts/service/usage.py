"""Counts the messages about orders: one journal for each shop of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.discounts.models import APP, UsageJournal
from chalicelib.discounts.service import due_shops
from chalicelib.discounts.service.journal import write_journal
from chalicelib.discounts.service.journal_content import JournalContent
from chalicelib.discounts.service.order_snapshots import UsageMessage, to_refunds, to_snapshot
from chalicelib.discounts.service.usage_plan import OrderNews, plan
from chalicelib.kit import clock, logs
from chalicelib.kit.queue_records import ReceivedMessage
from chalicelib.kit.threads import map_in_threads
from chalicelib.shops.schemas.orders import RefundCreated

Received = ReceivedMessage[Any]
SHOPS_AT_ONCE = 3
"""Journals of different shops that a batch writes concurrently, so that no shop waits for another."""

log = logs.logger("discounts")


def record_usage(batch: Sequence[Received]) -> list[Received]:
    """Count the orders of a batch; return the messages that failed.

    A message that cannot be counted fails alone; a journal that cannot be written fails the messages of its shop.
    """
    started = clock.now()
    by_shop: dict[str, list[Received]] = {}
    for received in batch:
        if received.content.app == APP:
            by_shop.setdefault(received.content.shop, []).append(received)
    failures = map_in_threads(partial(_record_shop, started), by_shop.items(), SHOPS_AT_ONCE)
    return [received for failed in failures for received in failed]


def _record_shop(started: datetime, shop_messages: tuple[str, list[Received]]) -> list[Received]:
    shop, messages = shop_messages
    news, failed = _news(shop, messages)
    is_at_rest = False

    def make_content(head: UsageJournal) -> JournalContent:
        nonlocal is_at_rest
        is_at_rest = head.due_in is None
        usage_plan = plan(shop, head, news.values(), started)
        failed.update(usage_plan.failed)
        return usage_plan.content

    try:
        if news:
            write_journal(shop, make_content)
        if is_at_rest:
            due_shops.expect_close(shop)
    except Exception:
        log.exception("usage not counted", extra={"shop": shop, "messages": len(messages)})
        return messages
    return [received for received in messages if received.content.order_id in failed]


def _news(shop: str, messages: Sequence[Received]) -> tuple[dict[str, OrderNews], set[str]]:
    """Return the content of the messages by order, and the orders with an unreadable message."""
    news: dict[str, OrderNews] = {}
    failed: set[str] = set()
    for received in messages:
        message: UsageMessage = received.content
        try:
            _note(news.setdefault(message.order_id, OrderNews(message.order_id)), message)
        except (ValueError, ArithmeticError):
            log.exception("order not counted: its message is unreadable", extra={"shop": shop})
            failed.add(message.order_id)
    return {order_id: each for order_id, each in news.items() if order_id not in failed}, failed


def _note(news: OrderNews, message: UsageMessage) -> None:
    if isinstance(message, RefundCreated):
        news.refunds.append(to_refunds(message))
        news.seen_at.append((message.triggered_at, message.currency))
    else:
        news.snapshots.append(to_snapshot(message))
