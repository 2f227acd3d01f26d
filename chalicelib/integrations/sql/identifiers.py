"""Quoting of names in SQL."""

from __future__ import annotations

from chalicelib.integrations.sql.servers import Dialect


def quoted(name: str, dialect: Dialect) -> str:
    """Return a name as a quoted identifier. Raises ValueError for a name that no server accepts."""
    if not name or "\0" in name or len(name.encode()) > 63:
        raise ValueError("not a name")
    quote = '"' if dialect is Dialect.POSTGRESQL else "`"
    return quote + name.replace(quote, quote * 2) + quote
