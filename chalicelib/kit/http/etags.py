"""ETags of the rows that count their versions."""

from __future__ import annotations

from typing import Protocol


class VersionedRead(Protocol):
    """A response with the version of its row."""

    @property
    def version(self) -> int: ...


def row_version(body: VersionedRead | None) -> str:
    """Return the version for ETag and If-Match; an empty text without a body."""
    return str(body.version) if body else ""
