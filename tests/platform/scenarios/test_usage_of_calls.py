"""From calls of the data API to the owner's usage, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.models import Store
from tests.platform.provisioned_stores import PreparedPlace, connected_store
from tests.platform.schedules import run_schedule
from tests.platform.store_databases import data_client

Drain = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("kind", ["shared"])
def test_the_calls_of_a_store_are_its_usage_and_its_counters_its_rows(
    api: httpx2.Client, prepared_place: PreparedPlace, drain: Drain
) -> None:
    store = connected_store(prepared_place)
    client = data_client(api, store)
    first, _ = (client.add("products", name="Tea", slug=ids.new(), sku=ids.new()) for _ in range(2))
    version = {"If_Match": f'"{first["version"]}"'}
    assert client.call("PATCH", f"products/{first['id']}", {"name": "Mint"}, **version).status_code == 200
    assert client.call("GET", f"products/{ids.new()}").status_code == 404
    assert client.call("GET", "products").status_code == 200
    assert client.call("GET", "products").status_code == 200
    for _ in range(2):
        run_schedule("platform-roll_up_usage", clock.now())
        assert drain() == []
    headers = {"Authorization": f"Bearer {auth.mint(Role.OWNER, store.owner_id)}"}
    usage = api.get(f"/v1/platform/stores/{store.id}/usage", headers=headers).json()
    for figure, value in (("api_calls", 6), ("api_errors", 1), ("products_created", 2), ("products_updated", 1)):
        assert sum(day[figure] for day in usage["days"]) == value, figure
    assert usage["days"][-1]["total_products"] == 2
    assert sum(each["calls"] for each in usage["endpoints"]) == 6
    used = {each["name"]: each["used"] for each in usage["limits"]}
    assert (used["products"], used["api_calls"]) == (2, 6)
    log = api.get(f"/v1/platform/stores/{store.id}/api-logs", headers=headers).json()["items"]
    assert all(first["id"] not in row["endpoint"] for row in log)

    Store(store.id).update([Store.product_count.set(9), Store.last_activity_at.remove()])
    run_schedule("platform-count_rows", clock.now())
    assert drain() == []
    assert Store.get(store.id).product_count == 2
