"""A store's usage in an hour, computed from the logs of its calls. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from chalicelib.platform.domain.latency_sketch import bucket_of

HOUR = timedelta(hours=1)
FINAL_AFTER = timedelta(hours=2)
"""How long after its end an hour is computed: a call may take long, and a process's clock may be behind."""
FIRST_ERROR = 400
"""Answers with this status or a higher one are errors."""
ORDERS = "orders"
AMOUNT = "amount"
"""In the changes of orders: the total of the placed ones, a decimal as text."""
FILES = "media_library"
UPLOADED, DELETED = "uploaded_bytes", "deleted_bytes"
"""The key of the changed bytes, in the changes of `media_library`."""


class LoggedCall(Protocol):
    """The columns of a call's log that the roll-up reads."""

    @property
    def endpoint(self) -> str: ...
    @property
    def status_code(self) -> int | None: ...
    @property
    def response_time_ms(self) -> int | None: ...
    @property
    def changes(self) -> Any: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def bytes(self) -> int | None: ...


@dataclass(slots=True)
class EndpointUsage:
    """Calls of one endpoint; `latencies` is a sketch (`latency_sketch`)."""

    calls: int = 0
    errors: int = 0
    latencies: Counter[int] = field(default_factory=Counter)

    def add(self, other: EndpointUsage) -> None:
        """Add the calls of the other."""
        self.calls += other.calls
        self.errors += other.errors
        self.latencies.update(other.latencies)


@dataclass(slots=True)
class HourUsage:
    """Calls of a store in an hour. `changes` counts rows, and bytes of files: `{table: {created, updated, deleted}}`."""

    calls: int = 0
    errors: int = 0
    changes: dict[str, Counter[str]] = field(default_factory=dict)
    amount: Decimal = Decimal(0)
    endpoints: dict[str, EndpointUsage] = field(default_factory=dict)


def tally_calls(logs: Iterable[LoggedCall]) -> HourUsage:
    """Return the usage of the calls. Memory grows with endpoints and tables, not with calls."""
    usage = HourUsage()
    for log in logs:
        is_error = (log.status_code or 0) >= FIRST_ERROR
        usage.calls += 1
        usage.errors += is_error
        usage.amount += log.amount or 0
        for table, rows in (log.changes or {}).items():
            usage.changes.setdefault(table, Counter()).update(rows)
        if log.bytes:
            usage.changes.setdefault(FILES, Counter())[UPLOADED if log.bytes > 0 else DELETED] += abs(log.bytes)
        endpoint = usage.endpoints.setdefault(log.endpoint, EndpointUsage())
        endpoint.calls += 1
        endpoint.errors += is_error
        endpoint.latencies[bucket_of(log.response_time_ms or 0)] += 1
    return usage


def stored_changes(usage: HourUsage) -> dict[str, dict[str, Any]] | None:
    """Return the changes for the hour's row, with the amount of placed orders; None without any."""
    stored: dict[str, dict[str, Any]] = {table: dict(rows) for table, rows in sorted(usage.changes.items())}
    if usage.amount:
        stored.setdefault(ORDERS, {})[AMOUNT] = format(usage.amount, "f")
    return stored or None


def is_final(hour: datetime, now: datetime) -> bool:
    """Return whether the hour is computed for the last time."""
    return now >= hour + HOUR + FINAL_AFTER


def sum_endpoints(hours: Iterable[Mapping[str, EndpointUsage]]) -> dict[str, EndpointUsage]:
    """Return the usage of each endpoint in all of the hours."""
    total: dict[str, EndpointUsage] = {}
    for endpoints in hours:
        for name, usage in endpoints.items():
            total.setdefault(name, EndpointUsage()).add(usage)
    return total
