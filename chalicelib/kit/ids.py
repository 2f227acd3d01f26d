"""Identifiers: opaque, and time-ordered where rows are read newest first."""

from __future__ import annotations

import secrets
import time
from uuid import UUID, uuid4, uuid5

__all__ = ["derived", "new", "time_ordered"]


def new() -> str:
    """A random UUIDv4."""
    return str(uuid4())


def time_ordered() -> str:
    """A UUIDv7: sorts by the moment it was made, to a quarter of a microsecond; 62 bits are random.

    Source: RFC 9562, 5.7, with 6.2 method 3 (the fraction of the millisecond stands in `rand_a`).
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return str(_version_7(milliseconds, fraction, secrets.randbits(62)))


def _version_7(milliseconds: int, rand_a: int, rand_b: int) -> UUID:
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def derived(namespace: str, *parts: str) -> str:
    """The UUIDv5 of `parts` in `namespace` (a UUID): the same parts give the same id. Parts may hold no newline."""
    return str(uuid5(UUID(namespace), "\n".join(parts)))
