"""ETags: of rows that count their versions, and of responses that are known by their content."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel

from chalicelib.kit import signing


class VersionedRead(Protocol):
    """A response with the version of its row."""

    @property
    def version(self) -> int: ...


def row_version(body: VersionedRead | None) -> str:
    """Return the version for ETag and If-Match; an empty text without a body."""
    return str(body.version) if body else ""


def content_version(body: BaseModel) -> str:
    """Return a digest of the response's content, which changes to columns that it does not show leave as it is."""
    return signing.digest(body.model_dump_json().encode())[:32]
