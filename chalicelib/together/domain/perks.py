"""Which perks a member can claim, under which key, and which status may follow which."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from chalicelib.kit import clock
from chalicelib.together.enums import PerkKind, PerkStatus
from chalicelib.together.errors import PerkClosed, PerkNotFound

BOX_PLAN, BOX_ADDON, COACHING_ADDON = "premium_plus", "surprise_box", "coaching_session"
FINAL = (PerkStatus.DONE, PerkStatus.CANCELLED)


class Addon(Protocol):
    """An add-on that a member can use: the id of the member's own one, and of the one in the catalogue."""

    @property
    def id(self) -> str: ...
    @property
    def addon_id(self) -> str: ...


def claimable_keys(
    kind: PerkKind, subscriptions: Mapping[str, Mapping[str, Any]], addons: Iterable[Addon], now: datetime
) -> list[str]:
    """Return the keys of the perks that the member's plans and add-ons include now, claimed or not.

    A plan and each add-on include a box for each calendar month (UTC); a coaching add-on includes one session.
    `subscriptions` maps ids to `{plan, access_until}`.
    """
    if kind is PerkKind.COACHING:
        return [f"{PerkKind.COACHING}#{addon.id}" for addon in addons if addon.addon_id == COACHING_ADDON]
    has_plan = any(row["plan"] == BOX_PLAN and _is_later(row["access_until"], now) for row in subscriptions.values())
    sources = [BOX_PLAN] if has_plan else []
    sources += [addon.id for addon in addons if addon.addon_id == BOX_ADDON]
    return [f"{PerkKind.SURPRISE_BOX}#{now:%Y-%m}#{source}" for source in sources]


def require_following(current: PerkStatus, requested: PerkStatus) -> None:
    """Raise PerkClosed if a perk that is done or cancelled is to get another status, or a shipped one to be scheduled."""
    is_back = current is PerkStatus.SHIPPED and requested is PerkStatus.SCHEDULED
    if is_back or (current in FINAL and requested is not current):
        raise PerkClosed


def perk_id(user_id: str, perk: str) -> str:
    """Return the id by which the API names a perk."""
    return base64.urlsafe_b64encode(f"{user_id}/{perk}".encode()).decode().rstrip("=")


def key_of_id(api_id: str) -> tuple[str, str]:
    """Return the member and the key that an id names. Raises PerkNotFound for any other text."""
    try:
        text = base64.b64decode(api_id + "=" * (-len(api_id) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise PerkNotFound from None
    user_id, _, perk = text.partition("/")
    if not user_id or not perk:
        raise PerkNotFound
    return user_id, perk


def _is_later(end: str | None, now: datetime) -> bool:
    return end is not None and clock.parse(end) > now
