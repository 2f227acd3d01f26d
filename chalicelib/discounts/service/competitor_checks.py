"""Checks of competitors' pages: once a day for each watch, one visit of a website at a time.

A visit is robots.txt, which is kept for an hour, and the page.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

from chalicelib.discounts.domain.json_ld import OfferPrice, offer_price
from chalicelib.discounts.domain.robots import MAX_BYTES, is_allowed
from chalicelib.discounts.domain.watch_results import state_after
from chalicelib.discounts.enums import WatchStatus
from chalicelib.discounts.models import CompetitorPrice, CompetitorWatch
from chalicelib.discounts.repository import competitors
from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.integrations import web_pages
from chalicelib.integrations.web_pages import USER_AGENT, Limits, PageUnavailable, Visit
from chalicelib.kit import clock, logs, messages, rate_limits
from chalicelib.kit.addresses import ForbiddenAddress, WebAddress, check_url
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import copy_row
from chalicelib.kit.timed_cache import TimedCache

TURN = timedelta(seconds=10)
HORIZON = timedelta(days=1)
"""A website has 8,640 turns a day; pages beyond them are read the next day."""
MAX_DELAY = 900
"""The longest delay of an SQS message, in seconds."""
NETWORK = web_pages.Network()
"""The network access to websites; tests replace it."""

_robots = TimedCache[str, str](timedelta(hours=1), 1_000)

log = logs.logger("discounts")


class _RefusedByRobots(Exception):
    """The website's robots.txt excludes the page."""


def send_due_checks(shop: str, _day: date) -> None:
    """Send a check for each watch of the shop that is not paused."""
    rows = [row for row in competitors.list_by_shop(shop) if not competitors.is_paused(row)]
    messages.publish_many(CompetitorCheckDue(shop=shop, watch_id=row.watch_id) for row in rows)


def check_competitor(message: CompetitorCheckDue) -> None:
    """Read the price on a watched page at the website's next turn; until then the message waits in the queue.

    A repeated message reads the page again only if the first check was not stored.
    """
    row = competitors.find(message.shop, message.watch_id)
    if row is None or competitors.is_paused(row):
        return
    if row.last_checked_at is not None and row.last_checked_at >= message.occurred_at:
        return
    if not _is_turn(row, message):
        return
    result, price = _read_price(row.url)
    state = state_after(row.failures, result)
    now = clock.now()
    after = copy_row(row, {"status": state.status, "failures": state.failures, "last_checked_at": now})
    observed = None
    if price is not None:
        observed = CompetitorPrice(
            f"{row.shop}#{row.sku}",
            now,
            shop=row.shop,
            sku=row.sku,
            competitor=row.competitor,
            url=row.url,
            price=price.price,
            currency=price.currency,
            expires_epoch=now + CompetitorPrice.KEEP,
        )
    try:
        competitors.store_check(row, after, observed)
    except WriteConflict:
        log.info("check not stored: the watch was deleted or checked", extra={"watch_id": row.watch_id})


def _is_turn(row: CompetitorWatch, message: CompetitorCheckDue) -> bool:
    """Return whether the page may be read now; else send the message again for its turn, or leave it to the next day."""
    turn = message.turn_at
    if turn is None:
        try:
            host = check_url(row.url).host
        except ForbiddenAddress:
            return True  # no website is visited
        turn = rate_limits.reserve_turn(f"discounts/websites/{host}", TURN, HORIZON)
    if turn is None:
        log.info("check not sent: the website's turns of a day are reserved", extra={"watch_id": row.watch_id})
        return False
    wait = math.ceil((turn - clock.now()).total_seconds())
    if wait <= 1:
        return True
    messages.publish(message.model_copy(update={"turn_at": turn}), delay_seconds=min(MAX_DELAY, wait))
    return False


def _read_price(url: str) -> tuple[WatchStatus, OfferPrice | None]:
    """Return the result of reading a page, and its price if it has one."""
    try:
        page = web_pages.fetch(url, Visit(approve=_approve, network=NETWORK))
    except ForbiddenAddress:
        return WatchStatus.FORBIDDEN_ADDRESS, None
    except _RefusedByRobots:
        return WatchStatus.REFUSED_BY_ROBOTS, None
    except PageUnavailable as error:
        log.info("competitor's page not read", extra={"reason": str(error)})
        return WatchStatus.UNREACHABLE, None
    price = offer_price(page.text, page.url if "variant=" in page.url else url)
    return (WatchStatus.OK, price) if price else (WatchStatus.NO_PRICE, None)


def _approve(address: WebAddress) -> None:
    """Check robots.txt of the website. Raises _RefusedByRobots, PageUnavailable."""
    robots = _robots.get(address.host, lambda: _read_robots(address.host))
    if not is_allowed(robots, USER_AGENT, address.target):
        raise _RefusedByRobots


def _read_robots(host: str) -> str:
    """Return a website's robots.txt, at most 500 KiB; empty if the website answers 4xx (RFC 9309, 2.3.1.3 and 2.5).

    Raises PageUnavailable if it cannot be read: until then, the website's pages are not read either (2.3.1.4).
    """
    visit = Visit(media_type=None, is_cut=True, limits=Limits(body_bytes=MAX_BYTES), network=NETWORK)
    try:
        return web_pages.fetch(f"https://{host}/robots.txt", visit).text
    except PageUnavailable as error:
        if error.status is not None and 400 <= error.status < 500:
            return ""
        raise


def forget_robots() -> None:
    """Clear the cached files; for tests."""
    _robots.forget()
