"""Recognize crawlers by crawler-user-agents, and browsers by ua-parser's patterns. Both libraries are imported on use.

They receive reduced user agents: numbers are 0, and the leading `Mozilla/5.0` is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_TABLET = re.compile(r"iPad|Tablet|PlayBook|Kindle|Silk(?!.*Mobile)|Android(?!.*Mobile)")
"""Android's browsers leave out `Mobile` on a tablet (Chrome for Developers, "User agent strings")."""
_MOBILE = re.compile(r"Mobi|iPhone|iPod|Opera Mini")
_DESKTOP = re.compile(r"Windows NT|Macintosh|X11|CrOS|Linux")


class DeviceType(StrEnum):
    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"


@dataclass(frozen=True, slots=True)
class UserAgent:
    """What is known of a user agent. A crawler has neither device nor browser."""

    is_bot: bool = False
    device_type: DeviceType | None = None
    browser: str | None = None


@lru_cache(maxsize=4096)
def recognize(agent: str) -> UserAgent:
    """Return what a reduced user agent names."""
    import crawleruseragents
    import ua_parser

    if crawleruseragents.is_crawler(agent):
        return UserAgent(is_bot=True)
    browser = ua_parser.parse_user_agent(agent)
    return UserAgent(device_type=_device_type(agent), browser=browser.family if browser else None)


def _device_type(agent: str) -> DeviceType | None:
    for pattern, device_type in (
        (_TABLET, DeviceType.TABLET),
        (_MOBILE, DeviceType.MOBILE),
        (_DESKTOP, DeviceType.DESKTOP),
    ):
        if pattern.search(agent):
            return device_type
    return None
