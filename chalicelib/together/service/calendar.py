"""The calendar link: a secret address under which calendar programs read the member's dates."""

from __future__ import annotations

import json
import secrets

from chalicelib.integrations import calendars
from chalicelib.integrations.calendars import CalendarEvent
from chalicelib.kit import clock, config, signing
from chalicelib.together.domain.entitlements import has_addon, is_premium
from chalicelib.together.errors import CalendarNotFound, PremiumRequired
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import calendar_links, dates, relationships, users
from chalicelib.together.schemas.calendar import CalendarLink

ADDON = "calendar_plus"
_PURPOSE = "together-calendar"
_VERSIONS = 2**53
_NAME = "Together"


def add_link(user: User) -> CalendarLink:
    """Return the member's link; make one if there is none. Raises PremiumRequired."""
    if not _is_allowed(user, relationships.get_relationship(str(user.relationship_id))):
        raise PremiumRequired("The calendar link needs a premium plan or calendar_plus.")
    version = user.calendar_version or calendar_links.open_link(user.id, secrets.randbelow(_VERSIONS - 1) + 1)
    token = signing.sign(_PURPOSE, json.dumps([user.id, version]).encode())
    return CalendarLink(url=f"{config.settings().public_url}/together/calendar.ics?token={token}")


def revoke_link(user: User) -> None:
    """Revoke the member's link: a later one has another secret."""
    calendar_links.close_link(user.id)


def read_feed(token: str) -> bytes:
    """Return the feed of a link. Raises CalendarNotFound if it is revoked, or without premium."""
    data = signing.verify(_PURPOSE, token)
    if data is None:
        raise CalendarNotFound
    user_id, version = json.loads(data)
    user = users.find_user(user_id)
    if user is None or user.calendar_version != version or not user.is_active or user.relationship_id is None:
        raise CalendarNotFound
    relationship = relationships.get_relationship(user.relationship_id)
    if user.id not in (relationship.user_1_id, relationship.user_2_id) or not _is_allowed(user, relationship):
        raise CalendarNotFound
    rows = sorted(dates.list_by_relationship(relationship.id), key=lambda row: (row.date_value, row.id))
    return calendars.write_feed(
        _NAME,
        [
            CalendarEvent(f"{row.id}@together", row.title, row.date_value, row.is_recurring, row.updated_at)
            for row in rows
        ],
    )


def _is_allowed(user: User, relationship: Relationship) -> bool:
    now = clock.now()
    return is_premium(relationship.premium_until, now) or has_addon(user.addons, ADDON, now)
