"""Every route below a store's path, called by everybody but its owner: nothing is shown and nothing changes.

A new route is called here by itself, with its body of `platform_bodies`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.store_keys import hash_key, join_key
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.models import Store
from tests.end_to_end.platform_bodies import PLATFORM_BODIES
from tests.end_to_end.test_tenants import _all_rows, _routes
from tests.platform.clients import new_account
from tests.platform.stores import new_store

STORE = "/v1/platform/stores/{store_id}"
ROUTES = [each for each in _routes() if each[1].startswith(STORE)]
SECRET = "s" * 43


@dataclass(frozen=True)
class Place:
    """A store with a key of each scope, and a client of the API."""

    api: httpx2.Client
    store: Store

    def call(self, method: str, path: str, body: Any, token: str | None) -> httpx2.Response:
        """Call a route of the store with a body and version that fit."""
        headers = {"If-Match": '"1"', "Idempotency-Key": ids.new()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = re.sub(r"{(\w+)}", lambda name: self.store.id if name[1] == "store_id" else ids.new(), path)
        return self.api.request(method, url, json=body, headers=headers)


@pytest.fixture
def place(api: httpx2.Client) -> Place:
    store_id = ids.new()
    keys = {f"k{scope}": [hash_key(_key(store_id, scope)), scope.value, "test", 1] for scope in KeyScope}
    return Place(api, new_store(new_account().id, id=store_id, api_keys=keys, database_name="secret-name"))


def _key(store_id: str, scope: KeyScope) -> str:
    return join_key(store_id, f"k{scope}", SECRET)


def assert_refused(place: Place, token: str | None, status: int) -> None:
    """Call every route with the token; each is refused with this status, and no row changes."""
    before = _all_rows()
    for method, path, contract in ROUTES:
        body = PLATFORM_BODIES[contract.body.__name__] if contract.body else None
        response = place.call(method, path, body, token)
        assert response.status_code == status, f"{method} {path}: {response.text}"
        assert "secret-name" not in response.text
    assert _all_rows() == before


def test_the_routes_of_a_store_are_called() -> None:
    assert len(ROUTES) > 20


def test_another_owner_finds_nothing(place: Place) -> None:
    assert_refused(place, auth.mint(Role.OWNER, new_account().id), 404)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.STORE_OWNER])
def test_other_roles_may_do_nothing_even_with_the_stores_id(place: Place, role: Role) -> None:
    assert_refused(place, auth.mint(role, place.store.id), 403)


@pytest.mark.parametrize("scope", list(KeyScope))
def test_a_key_of_the_store_is_for_its_data_alone(place: Place, scope: KeyScope) -> None:
    assert_refused(place, _key(place.store.id, scope), 401)


@pytest.mark.parametrize("token", [None, "nonsense"])
def test_nobody_gets_in_without_a_credential(place: Place, token: str | None) -> None:
    assert_refused(place, token, 401)


def test_support_reads_and_changes_nothing(place: Place) -> None:
    before = _all_rows()
    token = auth.mint(Role.SUPPORT, "help")
    for method, path, contract in ROUTES:
        body = PLATFORM_BODIES[contract.body.__name__] if contract.body else None
        response = place.call(method, path, body, token)
        assert (response.status_code == 403) is (method != "GET"), f"{method} {path}: {response.text}"
    assert _all_rows() == before


def test_a_route_that_changes_something_takes_no_support(place: Place) -> None:
    readers = {path for method, path, contract in ROUTES if contract.auth is auth.owner_or_support and method != "GET"}
    assert readers == set()
