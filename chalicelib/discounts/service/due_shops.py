"""The shops whose local day has ended: an index lists them by the hour of their close."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.discounts.domain.local_days import ended_day, first_open_day, next_midnight
from chalicelib.discounts.models import APP, UsageJournal
from chalicelib.discounts.repository import shop_days
from chalicelib.discounts.schemas.publication import ShopDayEnded
from chalicelib.kit import clock, messages
from chalicelib.kit.batches import Batch
from chalicelib.shops.service import find_locale

REST_AFTER = timedelta(days=30)
"""After this time without a live discount, an order or a watch, a shop's days are no longer closed."""
_HOUR = timedelta(hours=1)
_LOOK_BACK = timedelta(hours=2)
"""Hours before the last completed run that are looked at again."""
_FIRST_LOOK_BACK = timedelta(days=2)


def expect_close(shop: str) -> None:
    """Make a shop due after its next midnight, unless it is due already, and keep it due for REST_AFTER."""
    now = clock.now()
    shop_days.make_due_if_none(shop, next_midnight(now, find_locale(shop, APP).time_zone))
    shop_days.add_activity(shop, now + REST_AFTER)


def send_due_shops(now: datetime, since: datetime | None) -> int:
    """Send the ended days of shops to their worker; return their number. `since` is when the last run completed.

    A failure for one shop stops no other; the next run retries it.
    """
    batch = Batch("discounts-start_due_work")
    hour = (since - _LOOK_BACK if since else now - _FIRST_LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        defer = partial(_defer, now=now)
        batch.run(list(shop_days.iterate_due(hour)), partial(_send, hour=hour, now=now), defer=defer)
        hour += _HOUR
    return batch.finish()


def _send(shop: str, hour: datetime, now: datetime) -> None:
    """Send the days that ended since the last close, then make the shop due after its next midnight, or leave it at rest.

    One message has them all, so that they are closed in their order; without a last close the first is that before `hour`.
    """
    head = shop_days.find_due_head(shop)
    if head is None or not shop_days.is_due(head, now):
        return
    time_zone = find_locale(shop, APP).time_zone
    last = max(ended_day(now, time_zone), head.closed_day or date.min)
    first = first_open_day(head.closed_day, ended_day(hour, time_zone), last)
    if first <= last:
        messages.publish(ShopDayEnded(shop=shop, app=APP, day=first, last_day=last))
    if _is_active(head, first):
        shop_days.set_closed(head, last, next_midnight(now, time_zone), now + REST_AFTER)
    else:
        is_kept = head.active_until is not None and now < head.active_until
        shop_days.set_closed(head, last, next_midnight(now, time_zone) if is_kept else None, None)


def _is_active(head: UsageJournal, day: date) -> bool:
    return head.live_discounts > 0 or head.watches > 0 or shop_days.has_orders_since(head.shop, day)


def _defer(shop: str, now: datetime) -> None:
    head = shop_days.find_due_head(shop)
    if head is not None and shop_days.is_due(head, now):
        shop_days.defer(head, now + _HOUR)
