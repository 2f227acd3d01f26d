"""Identifiers: random UUIDs, time-ordered UUIDs and UUIDs derived from other values."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

__all__ = ["derived", "new", "time_of", "time_ordered", "time_ordered_at", "time_prefix", "with_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_CHARACTERS = 13
"""Characters of a UUIDv7 that hold its time in milliseconds: 48 bits and a hyphen."""


def new() -> str:
    """Return a random UUIDv4."""
    return str(uuid4())


def time_ordered() -> str:
    """Return a UUIDv7, which sorts by its creation time to a quarter of a microsecond; 62 bits are random.

    Source: RFC 9562, 5.7, with 6.2 method 3 (`rand_a` holds the fraction of the millisecond).
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return _version_7(milliseconds, fraction, secrets.randbits(62))


def time_ordered_at(moment: datetime) -> str:
    """Return a UUIDv7 of a time from 1970 on, which sorts by it to a microsecond; 62 bits are random."""
    milliseconds, microseconds = divmod((moment - _EPOCH) // timedelta(microseconds=1), 1_000)
    return _version_7(milliseconds, (microseconds << 12) // 1_000, secrets.randbits(62))


def time_prefix(moment: datetime) -> str:
    """Return the start of each UUIDv7 of the time's millisecond; it sorts before them."""
    return time_ordered_at(moment)[:_TIME_CHARACTERS]


def with_time(time_ordered_id: str, moment: datetime) -> str:
    """Return a UUIDv7 with the time of `moment` (milliseconds) and the other bits of `time_ordered_id`."""
    return f"{time_prefix(moment)}{time_ordered_id[_TIME_CHARACTERS:]}"


def time_of(time_ordered_id: str) -> datetime:
    """Return the time of a UUIDv7, to the millisecond. Raises ValueError for another text."""
    return _EPOCH + timedelta(milliseconds=UUID(time_ordered_id).int >> 80)


def _version_7(milliseconds: int, rand_a: int, rand_b: int) -> str:
    digits = f"{milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def derived(namespace: str, *parts: str) -> str:
    """Return the UUIDv5 of `parts` in `namespace` (a UUID): same parts, same id. Parts must not contain a newline."""
    return str(uuid5(UUID(namespace), "\n".join(parts)))
