"""Stores over HTTP: create, list, read and change them, and who may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.models import Site
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Customer
from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.auth import Role
from chalicelib.kit.models import UniqueValue
from chalicelib.platform.enums import DatabaseType, StorePlan, StoreSubscriptionStatus
from chalicelib.platform.models import AuditLog, PlatformUser, Store
from chalicelib.platform.service.stores import MAX_STORES
from tests.platform.clients import PlatformClient, new_account
from tests.platform.stores import new_store

Json = dict[str, Any]
Drain = Callable[[], list[Any]]


def create(client: PlatformClient, **fields: Any) -> Json:
    response = client.call("POST", "platform/stores", {"name": "Tea House", "slug": f"s-{ids.new()}"} | fields)
    assert response.status_code == 201, response.text
    return dict(response.json())


def patch(client: PlatformClient, store: Json, **fields: Any) -> httpx2.Response:
    return client.call("PATCH", f"platform/stores/{store['id']}", fields, If_Match=f'"{store["version"]}"')


def test_a_new_store_is_on_the_free_plan_without_a_database(api: httpx2.Client) -> None:
    owner = new_account()
    client = PlatformClient(api, owner.id)
    store = create(client, slug="tea-house", currency="EUR", timezone="Europe/Berlin", region="eu-central-1")
    assert (store["owner_id"], store["subscription_plan"], store["subscription_status"]) == (owner.id, "free", "active")
    assert (store["database_type"], store["database_status"], store["limits"]["max_products"]) == (None, None, 25)
    assert (store["currency"], store["timezone"], store["region"]) == ("EUR", "Europe/Berlin", "eu-central-1")
    assert client.call("GET", f"platform/stores/{store['id']}").json() == store
    assert PlatformUser.get(owner.id).store_count == 1


def test_a_new_store_is_known_to_billing_and_analytics(api: httpx2.Client) -> None:
    owner = new_account()
    store = create(PlatformClient(api, owner.id), currency="EUR", timezone="Europe/Berlin")
    customer = Customer.get(OwnerType.STORE, store["id"])
    assert (customer.email, customer.name, customer.timezone) == (owner.email, "Tea House", "Europe/Berlin")
    site = Site.get(f"store:{store['id']}")
    assert (site.time_zone, site.currency, site.readers) == ("Europe/Berlin", "EUR", [f"store:{store['id']}"])


def test_a_repeated_request_creates_one_store(api: httpx2.Client) -> None:
    client, body = PlatformClient(api, new_account().id), {"name": "Tea", "slug": "tea-house"}
    answers = [client.call("POST", "platform/stores", body, Idempotency_Key="k").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert Store.count() == 1
    assert PlatformUser.get(client.account_id).store_count == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "ab"),
        ("slug", "a" * 64),
        ("slug", "Tea"),
        ("slug", "-tea"),
        ("slug", "tea-"),
        ("slug", "tea--house"),
        ("slug", "tea_house"),
        ("slug", "admin"),
        ("slug", "tea\nhouse"),
        ("name", " "),
        ("currency", "eur"),
        ("timezone", "Europe/Atlantis"),
        ("region", "eu-central-1.evil.example"),
        ("region", "../eu-central-1"),
        ("owner_id", "another"),
    ],
)
def test_invalid_fields_are_named(api: httpx2.Client, field: str, value: str) -> None:
    body = {"name": "Tea", "slug": "tea-house", field: value}
    response = PlatformClient(api, new_account().id).call("POST", "platform/stores", body)
    assert response.status_code == 422
    assert [error["path"] for error in response.json()["errors"]] == [f"body.{field}"]


def test_of_parallel_stores_with_one_slug_one_is_created(api: httpx2.Client) -> None:
    clients = [PlatformClient(api, new_account().id) for _ in range(8)]
    body = {"name": "Tea", "slug": "tea-house"}
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda client: client.call("POST", "platform/stores", body), clients))
    assert sorted(response.status_code for response in responses) == [201, *[409] * 7]
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {"SlugTaken"}
    assert sum(PlatformUser.get(client.account_id).store_count for client in clients) == 1


def test_parallel_stores_of_an_owner_end_at_the_limit(api: httpx2.Client) -> None:
    owner = new_account(store_count=MAX_STORES - 3)
    client = PlatformClient(api, owner.id)
    bodies = [{"name": "Tea", "slug": f"tea-{n}"} for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda body: client.call("POST", "platform/stores", body), bodies))
    assert sorted(response.status_code for response in responses) == [201, 201, 201, *[409] * 5]
    assert PlatformUser.get(owner.id).store_count == MAX_STORES


def test_an_account_that_is_closed_creates_no_store(api: httpx2.Client) -> None:
    for account_id in (new_account(is_active=False).id, ids.new()):
        response = PlatformClient(api, account_id).call("POST", "platform/stores", {"name": "Tea", "slug": "tea"})
        assert response.status_code == 401
    assert Store.count() == 0


def test_an_owner_lists_their_own_stores_page_by_page(api: httpx2.Client) -> None:
    owner = new_account()
    expected = {new_store(owner.id).id for _ in range(5)}
    new_store()
    client = PlatformClient(api, owner.id)
    listed, path = set(), "platform/stores?limit=2"
    while path:
        page = client.call("GET", path).json()
        listed |= {row["id"] for row in page["items"]}
        path = page["next_cursor"] and f"platform/stores?limit=2&cursor={page['next_cursor']}"
    assert listed == expected


def test_another_owners_store_is_not_found(api: httpx2.Client) -> None:
    store: Json = {"id": new_store().id, "version": 1}
    stranger = PlatformClient(api, new_account().id)
    assert stranger.call("GET", f"platform/stores/{store['id']}").json()["code"] == "StoreNotFound"
    assert patch(stranger, store, name="Mine").status_code == 404
    assert Store.get(store["id"]).name == "Tea House"


def test_operators_and_support_read_a_store_and_do_not_change_it(api: httpx2.Client) -> None:
    store: Json = {"id": new_store().id, "version": 1}
    for role in (Role.OPERATOR, Role.SUPPORT):
        client = PlatformClient(api, "staff", role)
        assert client.call("GET", f"platform/stores/{store['id']}").json()["id"] == store["id"]
        assert patch(client, store, name="Mine").status_code == 403
        assert client.call("GET", "platform/stores").status_code == 403
    for role in (Role.MEMBER, Role.STORE_OWNER):
        assert PlatformClient(api, store["id"], role).call("GET", f"platform/stores/{store['id']}").status_code == 403


def test_a_change_sets_the_given_fields_of_the_version_that_was_read(api: httpx2.Client) -> None:
    client = PlatformClient(api, new_account().id)
    store = create(client)
    changed = patch(client, store, name="Coffee House", timezone="Asia/Tokyo", is_published=True).json()
    assert changed | {"version": 2} == changed
    assert (changed["name"], changed["timezone"], changed["is_published"]) == ("Coffee House", "Asia/Tokyo", True)
    assert (changed["slug"], changed["currency"]) == (store["slug"], store["currency"])
    assert patch(client, store, name="Lost").json()["code"] == "VersionMismatch"
    assert client.call("PATCH", f"platform/stores/{store['id']}", {"name": "Lost"}).status_code == 428
    assert Customer.get(OwnerType.STORE, store["id"]).name == "Coffee House"
    assert Site.get(f"store:{store['id']}").time_zone == "Asia/Tokyo"


def test_a_change_without_a_difference_writes_nothing(api: httpx2.Client) -> None:
    client = PlatformClient(api, new_account().id)
    store = create(client)
    assert patch(client, store, name=store["name"]).json() == store


def test_currency_and_region_are_fixed_once_there_is_a_database(api: httpx2.Client) -> None:
    owner = new_account()
    client = PlatformClient(api, owner.id)
    store = create(client, region="eu-central-1")
    store = patch(client, store, currency="JPY", region=None).json()
    assert (store["currency"], store["region"]) == ("JPY", None)
    Store(store["id"]).update([Store.database_type.set(DatabaseType.SHARED)])
    assert patch(client, store, currency="EUR").json()["code"] == "StoreProvisioned"
    assert patch(client, store, region="us-east-1").json()["code"] == "StoreProvisioned"
    assert patch(client, store, currency="JPY", name="Coffee").status_code == 200


def test_a_former_slug_is_free_for_others_after_90_days(api: httpx2.Client) -> None:
    client, other = (PlatformClient(api, new_account().id) for _ in range(2))
    store = create(client, slug="tea-house")
    store = patch(client, store, slug="coffee-house").json()
    taken = other.call("POST", "platform/stores", {"name": "Tea", "slug": "tea-house"})
    assert taken.json()["code"] == "SlugTaken"
    former = UniqueValue.get(unique_values.value_key("platform", "stores", "slug", "tea-house"))
    assert former.expires_epoch is not None
    assert timedelta(days=89) < former.expires_epoch - clock.now() < timedelta(days=91)
    former.update([UniqueValue.expires_epoch.set(clock.now() - timedelta(seconds=1))])
    assert create(other, slug="tea-house")["slug"] == "tea-house"
    assert patch(client, store, slug="tea-house").json()["code"] == "SlugTaken"


def test_an_owner_may_return_to_a_former_slug(api: httpx2.Client) -> None:
    client = PlatformClient(api, new_account().id)
    store = create(client, slug="tea-house")
    store = patch(client, store, slug="coffee-house").json()
    assert patch(client, store, slug="tea-house").json()["slug"] == "tea-house"
    current = UniqueValue.get(unique_values.value_key("platform", "stores", "slug", "tea-house"))
    assert current.expires_epoch is None


def test_changes_are_audited_with_the_fields_before_and_after(api: httpx2.Client, drain: Drain) -> None:
    owner = new_account()
    client = PlatformClient(api, owner.id)
    store = create(client, slug="tea-house")
    patch(client, store, name="Coffee House")
    assert drain() == []
    created, changed = AuditLog.query(store["id"])
    assert (created.action, created.after["slug"]) == ("platform.create_store", "tea-house")
    assert (changed.action, changed.actor_id) == ("platform.change_store", owner.id)
    assert (changed.before, changed.after) == ({"name": "Tea House"}, {"name": "Coffee House"})
    assert {created.ip_address, changed.ip_address} == {"127.0.0.0/24"}


def test_a_read_shows_the_plan_and_month_that_hold_now(api: httpx2.Client) -> None:
    ended = clock.now() - timedelta(minutes=1)
    row = {"version": 1, "plan": "starter", "status": "active", "access_until": clock.iso(ended), "limits": {}}
    store = new_store(
        subscription_plan=StorePlan.STARTER,
        access_until=ended,
        subscriptions={"sub": row},
        usage_month="2001-01",
        api_calls_month=500,
        orders_month=50,
    )
    shown = PlatformClient(api, store.owner_id).call("GET", f"platform/stores/{store.id}").json()
    assert (shown["subscription_plan"], shown["subscription_status"]) == ("free", StoreSubscriptionStatus.EXPIRED)
    assert (shown["access_until"], shown["limits"]["max_products"]) == (None, 25)
    assert (shown["api_calls_month"], shown["orders_month"]) == (0, 0)
    assert Store.get(store.id).subscription_plan is StorePlan.STARTER
