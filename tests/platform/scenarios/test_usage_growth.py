"""The cost of usage does not grow with stores that nobody calls, nor with the calls that are logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.service import due_usage, usage_hours
from chalicelib.platform.service.usage_logs import record_call
from infra.bench.round_trips import Cost, metered
from infra.docs.costs_page import STORE_USAGE
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.stores import new_store

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("calls", [5, 200])
def test_a_call_a_roll_up_and_a_read_cost_the_same_with_few_and_many_calls(
    api: httpx2.Client, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    measured: dict[str, Cost] = {}

    def measure(name: str, function: Any, *args: Any) -> None:
        with metered() as meter:
            function(*args)
        measured[name] = meter.cost

    store = new_store()
    hour = start_of_hour(clock.now())
    first = data_call(store.id, started_at=hour)
    measure("data call logged, a process's first of a store's hour", record_call, first)
    for number in range(calls):
        record_call(data_call(store.id, started_at=hour + number * timedelta(milliseconds=1)))
    measure("data call logged", record_call, first)
    with monkeypatch.context() as moved:
        set_clock(moved, hour + HOUR)
        measure("job: hour and day of a store computed", usage_hours.roll_up_usage, store.id, [hour])
        set_clock(moved, hour + 3 * HOUR)
        usage_hours.roll_up_usage(store.id, [hour])
        measure("job: hour that is final", usage_hours.roll_up_usage, store.id, [hour])
    headers = {"Authorization": f"Bearer {auth.mint(Role.OWNER, store.owner_id)}"}
    measure("store's usage read", lambda: api.get(f"/v1/platform/stores/{store.id}/usage", headers=headers))
    assert measured == {name: STORE_USAGE[name] for name in measured}


def test_idle_stores_cost_the_schedules_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, NOON)
    record_call(data_call(new_store().id))
    for idle_stores in (0, 100):
        for _ in range(idle_stores):
            new_store()
        with metered() as meter:
            due_usage.request_roll_ups(NOON, NOON - HOUR)
        assert meter.cost == STORE_USAGE["schedule: stores called in the last hours found"]
        with metered() as meter:
            due_usage.request_censuses(NOON, NOON - 24 * HOUR)
        assert meter.cost == STORE_USAGE["schedule: stores called in the last day found"]
