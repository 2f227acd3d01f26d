"""Admission to the data API: who may call, what counts, and why a call is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chalicelib.billing import service as billing
from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.store_admission import CATALOGUE_TABLES, PRIVATE_TABLES, STORE_TABLES
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.enums import DatabaseStatus, KeyScope, StorePlan, StoreSubscriptionStatus
from chalicelib.platform.models import Store
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.usage_logs import iterate_logs_of_hour
from infra.bench.round_trips import metered
from tests.platform.store_databases import DataClient, data_client, new_key
from tests.platform.stores import new_store

LIMITS = billing.store_plan_limits("free")


def active_store(**columns: Any) -> Store:
    return new_store(**{"database_status": DatabaseStatus.ACTIVE, **columns})


def stored(store: Store) -> Store:
    return Store.get(store.id, consistent_read=True)


def call(api: httpx2.Client, token: str) -> httpx2.Response:
    """Call a route that needs no database."""
    return api.get("/v1/store/schema", headers={"Authorization": f"Bearer {token}"})


def test_a_key_and_the_owners_token_are_admitted_and_each_call_is_counted(api: httpx2.Client) -> None:
    store = active_store()
    for token in (new_key(store, KeyScope.CATALOGUE), auth.mint(Role.STORE_OWNER, store.id)):
        assert call(api, token).status_code == 200
    row = stored(store)
    assert row.api_calls_month == 2
    assert row.last_activity_at is not None


def test_an_admission_is_one_update_of_two_units(api: httpx2.Client) -> None:
    store = active_store()
    client = data_client(api, store).scoped(KeyScope.READ)
    new_key(store, KeyScope.WRITE)
    client.call("GET", "schema")
    with metered() as meter:
        assert client.call("GET", "schema").status_code == 200
    assert (meter.cost.reads, meter.cost.writes) == (0, 2)  # the store's row, and the log
    assert meter.cost.write_units <= 3


def test_a_row_with_all_keys_and_subscriptions_costs_four_units_at_most(api: httpx2.Client) -> None:
    until = clock.iso(clock.now() + timedelta(days=30))
    row = {"version": 12, "plan": "enterprise", "status": "active", "access_until": until, "limits": LIMITS}
    store = active_store(name="n" * 100, subscriptions={f"sub_{number:024}": row for number in range(5)})
    for _ in range(10):
        key = new_key(store, KeyScope.CATALOGUE)
    call(api, key)
    with metered() as meter:
        assert call(api, key).status_code == 200
    assert meter.cost.write_units <= 4 + 1  # the log


def test_unknown_changed_and_revoked_keys_are_401_and_not_counted(api: httpx2.Client) -> None:
    store = active_store()
    key, other = new_key(store, KeyScope.WRITE), new_key(active_store(), KeyScope.WRITE)
    store_id, key_id, secret = key.split(".")
    wrong = [
        f"{store_id}.{key_id}.{secret[:-1]}x",
        f"{store_id}.{uuid4().hex[:8]}.{secret}",
        f"{ids.new()}.{key_id}.{secret}",
        f"{store_id}.{other.split('.')[1]}.{other.split('.')[2]}",
        f"{store_id.upper()}.{key_id}.{secret}",
        f"{store_id}.{key_id}",
        "x.y.z",
    ]
    assert {(token, call(api, token).status_code) for token in wrong} == {(token, 401) for token in wrong}
    Store(store.id).update([Store.api_keys[key_id].remove()])
    assert call(api, key).json()["code"] == "Unauthenticated"
    assert stored(store).api_calls_month == 0
    assert list(iterate_logs_of_hour(store.id, start_of_hour(clock.now()))) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STORE_OWNER])
def test_tokens_of_other_roles_are_forbidden(api: httpx2.Client, role: Role) -> None:
    store = active_store()
    assert call(api, auth.mint(role, store.id)).status_code == 403


def test_suspension_and_a_missing_database_are_told(api: httpx2.Client) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"is_active": False}, 403, "StoreSuspended"),
        ({"database_status": DatabaseStatus.SUSPENDED}, 403, "StoreSuspended"),
        ({"database_status": None}, 409, "StoreNotProvisioned"),
        ({"database_status": DatabaseStatus.PROVISIONING}, 409, "StoreNotProvisioned"),
        ({"database_status": DatabaseStatus.FAILED}, 409, "StoreNotProvisioned"),
        ({"database_status": DatabaseStatus.DELETING}, 403, "StoreDeleting"),
    ]
    for columns, status, code in cases:
        store = active_store(**columns)
        response = call(api, new_key(store, KeyScope.WRITE))
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert stored(store).api_calls_month == 0


def test_a_suspension_acts_on_the_next_call(api: httpx2.Client) -> None:
    store = active_store()
    key = new_key(store, KeyScope.READ)
    assert call(api, key).status_code == 200
    Store(store.id).update([Store.is_active.set(False)])
    assert call(api, key).status_code == 403


def test_a_call_tells_how_many_the_plan_has_left(api: httpx2.Client) -> None:
    store = active_store(api_calls_month=3)
    headers = call(api, new_key(store, KeyScope.READ)).headers
    limit = LIMITS["max_api_calls_per_month"]
    assert headers["ratelimit"].startswith(f'"api-calls";r={limit - 4};t=')
    assert headers["ratelimit-policy"].startswith(f'"api-calls";q={limit};w=')


def test_over_the_limit_calls_are_refused_until_the_months_end(api: httpx2.Client) -> None:
    limit = LIMITS["max_api_calls_per_month"]
    store = active_store(api_calls_month=limit)
    response = call(api, new_key(store, KeyScope.READ))
    document = response.json()
    assert (response.status_code, document["code"]) == (429, "ApiCallLimitReached")
    assert (document["limit"], document["used"], document["upgrade_to"]) == (limit, limit, "starter")
    end = (clock.now().replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert abs(int(response.headers["retry-after"]) - (end - clock.now()).total_seconds()) < 60
    assert response.headers["ratelimit"].startswith('"api-calls";r=0;t=')
    assert stored(store).api_calls_month == limit


@pytest.fixture
def warm_api(api: httpx2.Client) -> httpx2.Client:
    """The API after a first call: Python 3.11 cannot parse modules in several threads, which the check of roles does."""
    assert call(api, new_key(active_store(), KeyScope.READ)).status_code == 200
    return api


def test_of_50_parallel_calls_at_one_below_the_limit_one_is_admitted(warm_api: httpx2.Client) -> None:
    store = active_store(api_calls_month=LIMITS["max_api_calls_per_month"] - 1)
    key = new_key(store, KeyScope.READ)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: call(warm_api, key).status_code, range(50)))
    assert (statuses.count(200), statuses.count(429)) == (1, 49)
    assert stored(store).api_calls_month == LIMITS["max_api_calls_per_month"]


def test_parallel_calls_at_the_turn_of_the_month_are_each_counted_once(warm_api: httpx2.Client) -> None:
    store = active_store(api_calls_month=LIMITS["max_api_calls_per_month"], orders_month=7, usage_month="2001-01")
    key = new_key(store, KeyScope.READ)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: call(warm_api, key).status_code, range(16)))
    assert statuses == [200] * 16
    row = stored(store)
    assert (row.api_calls_month, row.orders_month, row.usage_month) == (16, 0, f"{clock.now():%Y-%m}")


def test_a_process_with_a_late_clock_counts_in_the_new_month(api: httpx2.Client) -> None:
    store = active_store(usage_month="2999-01", api_calls_month=5)
    assert call(api, new_key(store, KeyScope.READ)).status_code == 200
    assert (stored(store).usage_month, stored(store).api_calls_month) == ("2999-01", 6)


def test_after_the_end_of_its_access_a_store_has_the_free_plans_limits(api: httpx2.Client) -> None:
    store = active_store(
        subscription_plan=StorePlan.ENTERPRISE,
        subscription_status=StoreSubscriptionStatus.TRIAL,
        limits=billing.store_plan_limits("enterprise"),
        access_until=clock.now() - timedelta(seconds=1),
        api_calls_month=LIMITS["max_api_calls_per_month"] - 1,
    )
    key = new_key(store, KeyScope.READ)
    assert [call(api, key).status_code for _ in range(2)] == [200, 429]
    row = stored(store)
    assert (row.subscription_plan, row.limits) == (StorePlan.FREE, LIMITS)


def test_the_scopes_cover_every_table() -> None:
    assert set(schemas()) == STORE_TABLES
    assert not CATALOGUE_TABLES & PRIVATE_TABLES


def test_a_catalogue_key_sees_no_private_table(api: httpx2.Client) -> None:
    client = data_client(api, active_store()).scoped(KeyScope.CATALOGUE)
    tables = [table["name"] for table in client.call("GET", "schema").json()["tables"]]
    assert set(tables) == CATALOGUE_TABLES
    for table in sorted(PRIVATE_TABLES):
        for path in (table, f"{table}/{ids.new()}"):
            assert client.call("GET", path).json()["code"] == "Forbidden"


@pytest.mark.parametrize("scope", [KeyScope.CATALOGUE, KeyScope.READ])
def test_only_the_scope_write_changes_rows(api: httpx2.Client, scope: KeyScope) -> None:
    client = data_client(api, active_store()).scoped(scope)
    calls = [
        client.call("POST", "products", {}),
        client.call("PUT", "products", [{}]),
        client.call("PATCH", f"products/{ids.new()}", {}, if_match='"1"'),
        client.call("DELETE", f"products/{ids.new()}"),
    ]
    assert [response.json()["code"] for response in calls] == ["Forbidden"] * 4
    assert stored(client.store).api_calls_month == 0


def test_each_admitted_call_is_logged_with_its_route_table_and_result(api: httpx2.Client) -> None:
    client = data_client(api, active_store())
    client.call("GET", "schema", user_agent="u" * 300)
    client.call("POST", "products", [], idempotency_key="a")
    client.call("GET", "no_such_table")
    logs = list(iterate_logs_of_hour(client.store.id, start_of_hour(clock.now())))
    assert [(log.endpoint, log.method, log.status_code, log.error_message) for log in logs] == [
        ("/v1/store/schema", "GET", 200, None),
        ("/v1/store/{table} products", "POST", 422, "InvalidRow"),
        ("/v1/store/{table}", "GET", 404, "StoreTableNotFound"),
    ]
    assert logs[0].user_agent == "u" * 256
    assert logs[0].ip_address == "127.0.0.0/24"


def test_browsers_of_other_origins_get_no_permission(api: httpx2.Client) -> None:
    client: DataClient = data_client(api, active_store())
    response = client.call("GET", "schema", origin="https://shop.example.com")
    assert not [name for name in response.headers if name.startswith("access-control")]
