"""Rules of the limits per visitor: uploads and previews of a shop's visitors, by day and by burst.

A day is 24 hours and a burst is ten minutes; each begins with its first upload or preview. Each logged-in customer is
limited separately. Guests are limited by IP address, and all guests of the shop together: that limit also stops a guest
with many addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

MOST = 100_000
"""The largest limit that a merchant can set."""
GUESTS_SHARE = 5
"""By default, all guests together can request this fraction (1/5) of the month's images in a day."""
LEAST_FOR_GUESTS = 20


class VisitorAction(StrEnum):
    """The counted action. The values are keys of the stored limits."""

    UPLOADS = "uploads"
    PREVIEWS = "previews"


class VisitorGroup(StrEnum):
    """The visitors whose actions one counter counts. The values are keys of the stored limits."""

    CUSTOMER = "customer"
    GUEST_ADDRESS = "guest_address"
    ALL_GUESTS = "all_guests"


class LimitWindow(StrEnum):
    """The window of a counter. The values are keys of the stored limits."""

    DAY = "day"
    BURST = "burst"


LENGTHS = {LimitWindow.DAY: timedelta(days=1), LimitWindow.BURST: timedelta(minutes=10)}


@dataclass(frozen=True, slots=True)
class VisitorLimit:
    """At most `count` actions of a group in a window."""

    group: VisitorGroup
    action: VisitorAction
    window: LimitWindow
    count: int


def limits_json(stored: Mapping[str, Any] | None, monthly_limit: int) -> dict[str, dict[str, dict[str, int]]]:
    """Return the limits by group, action and window; a missing limit has its default.

    By default a visitor gets 15 previews in a day. A month can overlap 32 windows, so one visitor gets at most 480 of a
    month's 500 images.
    """
    guests = max(monthly_limit // GUESTS_SHARE, LEAST_FOR_GUESTS)
    defaults = {
        VisitorGroup.CUSTOMER: {VisitorAction.UPLOADS: (30, 10), VisitorAction.PREVIEWS: (15, 8)},
        VisitorGroup.GUEST_ADDRESS: {VisitorAction.UPLOADS: (30, 10), VisitorAction.PREVIEWS: (15, 8)},
        VisitorGroup.ALL_GUESTS: {
            VisitorAction.UPLOADS: (min(2 * guests, MOST), min(guests, MOST)),
            VisitorAction.PREVIEWS: (min(guests, MOST), min(max(guests // 2, LEAST_FOR_GUESTS), MOST)),
        },
    }
    present = stored or {}
    return {
        group.value: {
            action.value: {"day": day, "burst": burst} | present.get(group, {}).get(action, {})
            for action, (day, burst) in actions.items()
        }
        for group, actions in defaults.items()
    }


def limits_of(
    stored: Mapping[str, Any] | None, monthly_limit: int, action: VisitorAction, groups: list[VisitorGroup]
) -> list[VisitorLimit]:
    """Return the limits of the action for a visitor of these groups, by day and by burst."""
    limits = limits_json(stored, monthly_limit)
    return [
        VisitorLimit(group, action, window, limits[group][action][window]) for group in groups for window in LimitWindow
    ]


def waiting_time(wait: timedelta) -> str:
    """Return the time to wait in words: minutes, or hours above 90 minutes; rounded up."""
    minutes = max(1, -(-wait // timedelta(minutes=1)))
    if minutes > 90:
        return f"{-(-minutes // 60)} hours"
    return f"{minutes} minutes" if minutes > 1 else "1 minute"
