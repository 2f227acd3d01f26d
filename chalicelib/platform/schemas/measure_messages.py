"""Messages to `platform-measure_store` that request measures."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.messages import Message

QUEUE = "platform-measure_store"


class StoreDaysRequested(Message):
    """Requests to measure these local days of a store, and its usage in their months."""

    queue: ClassVar[str] = QUEUE

    store_id: str
    days: tuple[date, ...]

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class PerformanceRequested(Message):
    """Requests to measure the endpoints of an hour over all stores, in steps.

    `cursor` is the last key that was read; `endpoints` is the usage up to it, packed (`domain/packed_endpoints`).
    """

    queue: ClassVar[str] = QUEUE

    hour: AwareDatetime
    cursor: dict[str, Any] | None = None
    endpoints: str | None = None


class RevenueReportRequested(Message):
    """Requests to compute the revenue of a month (`YYYY-MM`), in steps.

    `is_repeated`: also if the report is final. `cursor` is the last key that was read; `sums` has the sums up to it.
    `began_at` is the start of the first step.
    """

    queue: ClassVar[str] = QUEUE

    period: str
    is_repeated: bool = False
    cursor: dict[str, Any] | None = None
    sums: dict[str, Any] | None = None
    began_at: AwareDatetime | None = None
