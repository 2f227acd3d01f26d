"""The salts of visitors' hashes, one a local date: created on first use and deleted two days after its date."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time, timedelta

from pynamodb.exceptions import PutError

from chalicelib.analytics.models import VisitorSalt
from chalicelib.kit import clock
from chalicelib.kit import secrets as encrypted_secrets
from chalicelib.kit.tables import get_many, update_if

SALT_BYTES = 32
_LAST_ZONE = timedelta(hours=12)
"""A date ends this long after its end in UTC, west of the date line."""
_OLDEST_DAYS = 14
"""Days to look back for salts; an older one was deleted by DynamoDB's TTL."""


def get_or_add(day: date) -> str:
    """Return the salt of a local date. The first caller makes it; every other one reads the same."""
    row = _find(day)
    if row is None:
        row = _add(day) or _find(day)
    if row is None:
        raise RuntimeError(f"the salt of {day} was deleted while it was read")
    return encrypted_secrets.decrypt(row.salt, _bound_to(day))


def delete_expired(now: datetime) -> int:
    """Delete the salts whose date ended over 48 hours ago in every time zone; return their number."""
    rows = [row for row in list_stored(now.date()) if _expiry(row.day) <= now]
    for row in rows:
        row.delete()
    return len(rows)


def list_stored(today: date) -> list[VisitorSalt]:
    """Return the salts that are stored: of tomorrow, which has begun in the east, and of the days before."""
    days = [today + timedelta(days=1 - age) for age in range(_OLDEST_DAYS)]
    return [row for row in get_many([(VisitorSalt, (day,)) for day in days]) if row is not None]


def reencrypt(row: VisitorSalt) -> bool:
    """Encrypt a salt with the current key. Returns whether it wrote. Raises DecryptionFailed."""
    if encrypted_secrets.is_current(row.salt):
        return False
    bound_to = _bound_to(row.day)
    salt = encrypted_secrets.encrypt(encrypted_secrets.decrypt(row.salt, bound_to), bound_to)
    return update_if(VisitorSalt(row.day), [VisitorSalt.salt.set(salt)], VisitorSalt.salt == row.salt)


def _find(day: date) -> VisitorSalt | None:
    try:
        return VisitorSalt.get(day, consistent_read=True)
    except VisitorSalt.DoesNotExist:
        return None


def _add(day: date) -> VisitorSalt | None:
    """Write a new salt and return it, or None if another process was first."""
    salt = encrypted_secrets.encrypt(secrets.token_hex(SALT_BYTES), _bound_to(day))
    row = VisitorSalt(day=day, salt=salt, created_at=clock.now(), expires_epoch=_expiry(day))
    try:
        row.save(condition=VisitorSalt.day.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    return row


def _expiry(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) + _LAST_ZONE + VisitorSalt.KEEP


def _bound_to(day: date) -> str:
    return f"analytics/visitor_salts/{day.isoformat()}"
