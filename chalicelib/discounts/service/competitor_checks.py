"""Checks of competitors' pages: once a day for each watch, one visit of a website at a time.

A visit is robots.txt, which is kept for an hour, and the page.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.discounts.domain.json_ld import OfferPrice, offer_price
from chalicelib.discounts.domain.local_days import last_midnight
from chalicelib.discounts.domain.robots import MAX_BYTES, is_allowed
from chalicelib.discounts.domain.watch_results import state_after
from chalicelib.discounts.enums import WatchStatus
from chalicelib.discounts.models import APP, CompetitorPrice, CompetitorWatch
from chalicelib.discounts.repository import competitors
from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.integrations import web_pages
from chalicelib.integrations.web_pages import USER_AGENT, Limits, PageUnavailable, Visit
from chalicelib.kit import clock, logs, messages, rate_limits
from chalicelib.kit.addresses import ForbiddenAddress, WebAddress, check_url
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import copy_row
from chalicelib.kit.timed_cache import TimedCache
from chalicelib.shops.service import find_locale

TURN = timedelta(seconds=10)
HORIZON = timedelta(days=1)
"""A website has 8,640 turns a day; pages beyond them are read the next day."""
AT_ONCE = timedelta(seconds=1)
"""A turn that begins within this time counts as now."""
MAX_BUSY_REDIRECTS = 10
MAX_DELAY = 900
"""The longest delay of an SQS message, in seconds."""
NETWORK = web_pages.Network()
"""The network access to websites; tests replace it."""

_robots = TimedCache[str, str](timedelta(hours=1), 1_000)

log = logs.logger("discounts")


class _RefusedByRobots(Exception):
    """The website's robots.txt excludes the page."""


class _NoTurn(Exception):
    """The page redirects to another website, which has no turn now."""


def send_due_checks(shop: str, _day: date) -> None:
    """Send a check for each watch of the shop that is not paused and was not checked since the shop's last midnight."""
    midnight = last_midnight(clock.now(), find_locale(shop, APP).time_zone)
    rows = [
        row
        for row in competitors.list_by_shop(shop)
        if not competitors.is_paused(row) and (row.last_checked_at is None or row.last_checked_at < midnight)
    ]
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
    try:
        result, price = _read_price(row.url)
    except _NoTurn:
        _postpone(message)
        return
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
        turn = _reserve_turn(host, HORIZON)
    if turn is None:
        log.info("check not sent: the website's turns of a day are reserved", extra={"watch_id": row.watch_id})
        return False
    wait = math.ceil((turn - clock.now()).total_seconds())
    if wait <= AT_ONCE.total_seconds():
        return True
    messages.publish(message.model_copy(update={"turn_at": turn}), delay_seconds=min(MAX_DELAY, wait))
    return False


def _reserve_turn(host: str, horizon: timedelta) -> datetime | None:
    return rate_limits.reserve_turn(f"discounts/websites/{host}", TURN, horizon)


def _postpone(message: CompetitorCheckDue) -> None:
    """Send the check again, with a new turn of the watched website; after some of them leave it to the next day."""
    count = message.busy_redirects + 1
    if count > MAX_BUSY_REDIRECTS:
        log.info("check not sent: the website of the redirect is busy", extra={"watch_id": message.watch_id})
        return
    again = message.model_copy(update={"turn_at": None, "busy_redirects": count})
    messages.publish(again, delay_seconds=int(TURN.total_seconds()))


def _read_price(url: str) -> tuple[WatchStatus, OfferPrice | None]:
    """Return the result of reading a page, and its price if it has one. Raises _NoTurn."""
    try:
        hosts = {check_url(url).host}
        page = web_pages.fetch(url, Visit(approve=partial(_approve, hosts=hosts), network=NETWORK))
    except ForbiddenAddress:
        return WatchStatus.FORBIDDEN_ADDRESS, None
    except _RefusedByRobots:
        return WatchStatus.REFUSED_BY_ROBOTS, None
    except PageUnavailable as error:
        log.info("competitor's page not read", extra={"reason": str(error)})
        return WatchStatus.UNREACHABLE, None
    price = offer_price(page.text, page.url if "variant=" in page.url else url)
    return (WatchStatus.OK, price) if price else (WatchStatus.NO_PRICE, None)


def _approve(address: WebAddress, hosts: set[str]) -> None:
    """Check the turn and robots.txt of the website; `hosts` are those with a turn of this visit.

    Raises _NoTurn, _RefusedByRobots, PageUnavailable.
    """
    if address.host not in hosts:
        if _reserve_turn(address.host, AT_ONCE) is None:
            raise _NoTurn
        hosts.add(address.host)
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
