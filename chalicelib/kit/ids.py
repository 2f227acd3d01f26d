"""Identifiers: opaque, and time-ordered where rows are read newest first."""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from uuid6 import uuid7

__all__ = ["derived", "new", "time_ordered"]


def new() -> str:
    """A random UUIDv4."""
    return str(uuid4())


def time_ordered() -> str:
    """A UUIDv7 (RFC 9562): sorts by the moment it was made."""
    return str(uuid7())


def derived(namespace: str, *parts: str) -> str:
    """The UUIDv5 of `parts` in `namespace` (a UUID): the same parts give the same id. Parts may hold no newline."""
    return str(uuid5(UUID(namespace), "\n".join(parts)))
