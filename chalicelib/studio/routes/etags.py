"""ETags of the merchant API: the time of the last change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.http import ApiRequest

_NO_VERSION = datetime.min.replace(tzinfo=UTC)


def etag_of(body: Any) -> str:
    """Return the ETag of a response body with `updated_at`."""
    return clock.iso(body.updated_at)


def expected_version(call: ApiRequest[Any, Any, Any]) -> datetime | None:
    """Return the version in If-Match, or None without the header. An invalid ETag matches no version."""
    if call.if_match is None:
        return None
    try:
        return clock.parse(call.if_match)
    except ValueError:
        return _NO_VERSION
