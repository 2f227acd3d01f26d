"""The ETag of what merchants change: the moment of its last change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.http import ApiRequest

_NO_VERSION = datetime.min.replace(tzinfo=UTC)


def tag(read: Any) -> str:
    """The ETag of anything that has `updated_at`."""
    return clock.iso(read.updated_at)


def version(call: ApiRequest[Any, Any, Any]) -> datetime | None:
    """Which version the change is of; None where the caller does not say. What is no ETag of ours fits no version."""
    if call.if_match is None:
        return None
    try:
        return clock.parse(call.if_match)
    except ValueError:
        return _NO_VERSION
