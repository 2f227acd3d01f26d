"""Requests for recounts of shops; `recounts` answers them. The API must not import modules that read the archive."""

from __future__ import annotations

from datetime import date
from zlib import crc32

from chalicelib.discounts.errors import UsageNotFound
from chalicelib.discounts.repository import usage_journals
from chalicelib.discounts.schemas.usage import UsageRebuildRead, UsageRecountRequested
from chalicelib.kit import messages

SAMPLED_SHARE = 10
"""One shop of so many is checked each week."""


def request_rebuild(shop: str) -> UsageRebuildRead:
    """Send a request to recount the shop and to write the differences. Raises UsageNotFound for a shop without usage."""
    head = usage_journals.find_head(shop)
    if not head.sequence and not head.open_key:
        raise UsageNotFound
    messages.publish(UsageRecountRequested(shop=shop))
    return UsageRebuildRead(shop=shop, journal=head.sequence)


def request_weekly_check(shop: str, day: date) -> None:
    """Send a request to check the shop, if it is in the week's sample and the day is its weekday. A day close step."""
    year, week, weekday = day.isocalendar()
    if crc32(shop.encode()) % 7 + 1 == weekday and crc32(f"{shop}#{year}#{week}".encode()) % SAMPLED_SHARE == 0:
        messages.publish(UsageRecountRequested(shop=shop, is_check=True))
