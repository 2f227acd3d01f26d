"""Work for `platform-measure_store` that computes measures: of a store's days, of an hour's endpoints, of a month's revenue."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from pydantic import AwareDatetime

from chalicelib.kit.messages import Message

QUEUE = "platform-measure_store"


class StoreDaysRequested(Message):
    """These local days of a store are measured, and its usage of their months."""

    queue: ClassVar[str] = QUEUE

    store_id: str
    days: tuple[date, ...]

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class PerformanceRequested(Message):
    """The endpoints of an hour are measured, over all stores, in steps.

    `cursor` is the last key that was read, `endpoints` the packed usage (`domain/packed_endpoints`) until it.
    """

    queue: ClassVar[str] = QUEUE

    hour: AwareDatetime
    cursor: dict[str, Any] | None = None
    endpoints: str | None = None


class RevenueReportRequested(Message):
    """The revenue of a month (`YYYY-MM`) is computed, in steps. `is_repeated`: also if the report is final.

    `cursor` is the last key that was read, `sums` what the entries until it add up to, `began_at` when the first step
    began to read.
    """

    queue: ClassVar[str] = QUEUE

    period: str
    is_repeated: bool = False
    cursor: dict[str, Any] | None = None
    sums: dict[str, Any] | None = None
    began_at: AwareDatetime | None = None
