"""Calls of stores' data APIs, as the log gets them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.platform.domain.usage_logs import DataCall

NOON = datetime(2031, 11, 5, 12, tzinfo=UTC)


def data_call(store_id: str, **fields: Any) -> DataCall:
    """Return a successful GET of the products, which took 20 ms at NOON."""
    values: dict[str, Any] = {
        "endpoint": "/v1/store/{table} products",
        "method": "GET",
        "status_code": 200,
        "started_at": NOON,
        "response_time_ms": 20,
    }
    return DataCall(store_id, **(values | fields))
