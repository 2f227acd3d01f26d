"""Hours, days and packed endpoints are those of a recomputation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.latency_sketch import bucket_of
from chalicelib.platform.domain.packed_endpoints import MAX_BYTES, OTHER, pack_endpoints, unpack_endpoints
from chalicelib.platform.domain.usage_hours import (
    EndpointUsage,
    HourUsage,
    is_final,
    stored_changes,
    sum_endpoints,
    tally_calls,
)
from chalicelib.platform.domain.usage_metrics import are_totals_present, sum_hours


@dataclass
class Log:
    endpoint: str = "/v1/store/{table} products"
    status_code: int | None = 200
    response_time_ms: int | None = 20
    changes: Any = None
    amount: Decimal | None = None
    bytes: int | None = None


@dataclass
class Hour:
    usage: HourUsage
    calls: int = field(init=False)
    errors: int = field(init=False)
    changes: Any = field(init=False)

    def __post_init__(self) -> None:
        self.calls, self.errors = self.usage.calls, self.usage.errors
        self.changes = stored_changes(self.usage)


CHANGES = st.dictionaries(
    st.sampled_from(["products", "orders", "customers"]),
    st.dictionaries(st.sampled_from(["created", "updated", "deleted"]), st.integers(1, 500)),
)
AMOUNTS = st.none() | st.decimals(0, 10_000, places=3)
LOGS = st.builds(
    Log,
    endpoint=st.sampled_from(["/v1/store/{table} products", "/v1/store/orders", "/v1/store/quote"]),
    status_code=st.sampled_from([200, 201, 204, 404, 409, 503]),
    response_time_ms=st.integers(0, 29_000),
    changes=st.none() | CHANGES,
    amount=AMOUNTS,
)


def endpoint(calls: int, spread: int) -> EndpointUsage:
    latencies = Counter({bucket_of(1 + number * 3): calls // spread + 1 for number in range(spread)})
    return EndpointUsage(calls, calls // 10, latencies)


@given(st.lists(st.lists(LOGS, max_size=20), max_size=5))
def test_a_day_of_hours_counts_what_its_logs_hold(hours: list[list[Log]]) -> None:
    day = sum_hours(Hour(tally_calls(logs)) for logs in hours)
    logs = [log for each in hours for log in each]

    def changed(table: str, kind: str) -> int:
        return sum((log.changes or {}).get(table, {}).get(kind, 0) for log in logs)

    assert (day.api_calls, day.api_errors) == (len(logs), sum((log.status_code or 0) >= 400 for log in logs))
    assert day.products_created == changed("products", "created")
    assert day.products_updated == changed("products", "updated")
    assert day.products_deleted == changed("products", "deleted")
    assert day.orders_created == changed("orders", "created")
    assert day.orders_total_value == sum((log.amount or Decimal(0) for log in logs), Decimal(0))


@given(st.lists(LOGS, max_size=40))
def test_endpoints_are_packed_and_read_back_as_they_were(logs: list[Log]) -> None:
    usage = tally_calls(logs)
    assert unpack_endpoints(pack_endpoints(usage.endpoints)) == usage.endpoints


def test_beyond_four_kilobytes_the_least_called_endpoints_become_other() -> None:
    endpoints = {f"/v1/store/{{table}} table_{n}": endpoint(calls=10 + n * 1_000, spread=150) for n in range(80)}
    text = pack_endpoints(endpoints)
    packed = unpack_endpoints(text)
    assert len(text) <= MAX_BYTES
    assert OTHER in packed
    assert "/v1/store/{table} table_79" in packed
    assert sum_endpoints([packed]).keys() < {*endpoints, OTHER}
    for total in ("calls", "errors"):
        assert sum(getattr(each, total) for each in packed.values()) == sum(
            getattr(each, total) for each in endpoints.values()
        )


def test_an_endpoint_named_other_is_merged_with_the_least_called_ones() -> None:
    endpoints = {f"e{n}": endpoint(calls=100 + n, spread=250) for n in range(60)} | {OTHER: endpoint(9_999, 5)}
    packed = unpack_endpoints(pack_endpoints(endpoints))
    assert sum(each.calls for each in packed.values()) == sum(each.calls for each in endpoints.values())


def test_an_hour_is_final_two_hours_after_its_end() -> None:
    hour = datetime(2026, 11, 5, 12, tzinfo=UTC)
    assert not is_final(hour, hour + timedelta(hours=3) - timedelta(microseconds=1))
    assert is_final(hour, hour + timedelta(hours=3))


def test_counters_are_the_totals_of_a_day_until_an_hour_after_it() -> None:
    day = date(2026, 11, 5)
    assert are_totals_present(day, datetime(2026, 11, 6, 0, 59, tzinfo=UTC))
    assert not are_totals_present(day, datetime(2026, 11, 6, 1, tzinfo=UTC))
