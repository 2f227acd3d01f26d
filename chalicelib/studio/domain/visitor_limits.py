"""Limits on the uploads and previews of a shop's visitors, by day and by burst, as pure rules.

A day is 24 hours and a burst is ten minutes; each begins with its first upload or preview. A logged-in customer has own
limits. A guest is limited by the IP address, and all guests of the shop together: that limit holds against a guest with
many addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

MOST = 100_000
"""The largest limit."""
GUESTS_SHARE = 5
"""By default all guests together can request a fifth of the month's images in a day."""
LEAST_FOR_GUESTS = 20


class VisitorAction(StrEnum):
    """What is counted. The values are keys of the stored limits."""

    UPLOADS = "uploads"
    PREVIEWS = "previews"


class VisitorGroup(StrEnum):
    """Whose actions a counter counts. The values are keys of the stored limits."""

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
    """Return the limits by group, action and window: the stored ones, and the default where one is missing.

    By default a visitor gets 15 previews in a day: 480 in the 32 windows that a month can touch, so that no visitor uses
    up a month of 500 images alone.
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
