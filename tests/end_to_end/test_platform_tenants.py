"""Every route of platform and of the data API, called by other owners, stores, keys and roles: nothing is disclosed.

A new route is called here by itself; one that takes a body also needs an entry in PLATFORM_BODIES.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.store_admission import CATALOGUE_TABLES
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.models import Store
from tests.end_to_end.first_owner import (
    DATA,
    OPERATOR,
    PLATFORM,
    PRIVATE_EMAIL,
    SECRET,
    FirstOwner,
    platform_routes,
)
from tests.end_to_end.test_tenants import _all_rows, _rows_with_marks
from tests.platform.clients import new_account
from tests.platform.provisioned_stores import PreparedPlace, prepared_places
from tests.platform.store_databases import StoreDatabase, connected_store, new_key, shared_database
from tests.platform.store_orders import PLENTY

__all__ = ["prepared_places", "shared_database"]

READS_BY_POST = {"/v1/store/quote"}
"""Routes that a key which may only read may post to."""
TRANSFERS = "/v1/store/transfers"
"""The scope that a transfer needs follows from its kind and table: the call is admitted and counted before."""


@pytest.fixture
def first(api: httpx2.Client, shared_database: StoreDatabase) -> FirstOwner:
    return FirstOwner(api, shared_database)


@pytest.fixture
def other_store(prepared_places: Callable[[str], PreparedPlace]) -> Store:
    """The store of another owner, with empty tables on the same server."""
    prepared = prepared_places("postgresql")
    prepared.empty()
    return connected_store(StoreDatabase(prepared), owner_id=new_account(store_count=1).id, limits=PLENTY)


def _headers(token: str | None) -> dict[str, str]:
    named = {"If-Match": '"1"', "Idempotency-Key": ids.new()}
    return named | {"Authorization": f"Bearer {token}"} if token else named


def _assert_refused(
    api: httpx2.Client, first: FirstOwner, prefix: str, token: str | None, expected: int, but_reads: bool = False
) -> None:
    """Call every route below the prefix; each is refused with this status. Nothing is shown and no row changes."""
    before, rows = _all_rows(), first.sql_rows()
    visited = 0
    for method, path, contract in platform_routes(prefix):
        if but_reads and method == "GET" and contract.auth in (auth.owner_or_support, auth.support):
            continue
        for url, body in first.calls(path, contract):
            response = api.request(method, url, json=body, headers=_headers(token))
            assert response.status_code == expected, f"{method} {url}: {response.text}"
            assert not [mark for mark in (SECRET, PRIVATE_EMAIL, first.user.email) if mark in response.text], url
            visited += 1
    assert visited > 4
    assert _all_rows() == before
    assert first.sql_rows() == rows
    assert first.has_session()


def test_another_owner_can_neither_read_nor_change_data(
    api: httpx2.Client, first: FirstOwner, other_store: Store
) -> None:
    token = auth.mint(Role.OWNER, other_store.owner_id)
    before, rows = _rows_with_marks(_all_rows(), first.marks), first.sql_rows()
    for method, path, contract in platform_routes(PLATFORM):
        [(url, body)] = first.calls(path, contract)
        response = api.request(method, url, json=body, headers=_headers(token))
        assert response.status_code < 500, f"{method} {path}: {response.text}"
        if "{" in path:
            assert response.status_code == 404, f"{method} {path}: {response.text}"
        assert not [mark for mark in first.marks if mark in response.text], f"{method} {path}: {response.text}"
        assert _rows_with_marks(_all_rows(), first.marks) == before, f"{method} {path}"
    assert first.sql_rows() == rows
    assert first.has_session()


@pytest.mark.parametrize("credential", ["token", *KeyScope])
def test_another_store_can_neither_read_nor_change_rows(
    api: httpx2.Client, first: FirstOwner, other_store: Store, credential: str
) -> None:
    token = (
        auth.mint(Role.STORE_OWNER, other_store.id)
        if credential == "token"
        else new_key(other_store, KeyScope(credential))
    )
    before, rows = _rows_with_marks(_all_rows(), first.marks), first.sql_rows()
    for method, path, contract in platform_routes(DATA):
        for url, body in first.calls(path, contract):
            response = api.request(method, url, json=body, headers=_headers(token))
            assert response.status_code < 500, f"{method} {url}: {response.text}"
            if "{row_id}" in path:
                assert response.status_code in (403, 404), f"{method} {url}: {response.text}"
            assert not [mark for mark in first.marks if mark in response.text], f"{method} {url}: {response.text}"
            assert first.sql_rows() == rows, f"{method} {url}"
    assert _rows_with_marks(_all_rows(), first.marks) == before


@pytest.mark.parametrize(
    ("role", "expected"), [(Role.MEMBER, 403), (Role.STORE_OWNER, 403), (Role.SUPPORT, 403), (None, 401)]
)
def test_the_routes_of_owners_and_of_platform_s_operators_refuse_other_roles(
    api: httpx2.Client, first: FirstOwner, role: Role | None, expected: int
) -> None:
    """Not even for the ids of the store. Support reads what operators read."""
    token = auth.mint(role, first.store.id) if role else None
    for prefix in (PLATFORM, OPERATOR):
        _assert_refused(api, first, prefix, token, expected, but_reads=role is Role.SUPPORT)


def test_the_routes_of_operators_refuse_owners(api: httpx2.Client, first: FirstOwner) -> None:
    """Not even for their own rows."""
    _assert_refused(api, first, OPERATOR, auth.mint(Role.OWNER, first.user.id), 403)


@pytest.mark.parametrize("scope", list(KeyScope))
def test_a_key_of_the_store_calls_the_data_api_only(api: httpx2.Client, first: FirstOwner, scope: KeyScope) -> None:
    for prefix in (PLATFORM, OPERATOR):
        _assert_refused(api, first, prefix, first.keys[scope], 401)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OWNER, Role.SUPPORT, Role.OPERATOR])
def test_the_data_api_refuses_every_other_role(api: httpx2.Client, first: FirstOwner, role: Role) -> None:
    """Not even the store's owner is served without a token of the store."""
    for account_id in (first.store.id, first.user.id):
        _assert_refused(api, first, DATA, auth.mint(role, account_id), 403)


@pytest.mark.parametrize("kind", ["none", "unknown secret", "unknown key"])
def test_the_data_api_refuses_callers_without_a_valid_key(api: httpx2.Client, first: FirstOwner, kind: str) -> None:
    key = first.keys[KeyScope.WRITE]
    token = {"none": None, "unknown secret": f"{key}x", "unknown key": f"{first.store.id}.abcdefgh.{'s' * 43}"}[kind]
    _assert_refused(api, first, DATA, token, 401)


def _may_call(scope: KeyScope, method: str, path: str, table: str) -> bool:
    """Return whether a key of the scope may call a route."""
    if scope is KeyScope.READ:
        return method == "GET" or path in READS_BY_POST
    return method == "GET" and (path == "/v1/store/schema" or table in CATALOGUE_TABLES | {"uploads"})


@pytest.mark.parametrize("scope", [KeyScope.CATALOGUE, KeyScope.READ])
def test_a_key_does_only_what_its_scope_allows(api: httpx2.Client, first: FirstOwner, scope: KeyScope) -> None:
    rows, stored = first.sql_rows(), _all_rows()
    allowed = []
    for method, path, contract in platform_routes(DATA):
        for url, body in first.calls(path, contract) if not path.startswith(TRANSFERS) else ():
            if _may_call(scope, method, path, url.split("/")[3]):
                allowed.append((method, url, body))
                continue
            response = api.request(method, url, json=body, headers=_headers(first.keys[scope]))
            assert response.status_code == 403, f"{method} {url}: {response.text}"
            assert not [mark for mark in (SECRET, PRIVATE_EMAIL) if mark in response.text], url
    assert _all_rows() == stored, "a refused call is neither counted nor logged"
    for method, url, body in allowed:
        response = api.request(method, url, json=body, headers=_headers(first.keys[scope]))
        assert response.status_code == 200, f"{method} {url}: {response.text}"
        assert scope is KeyScope.READ or PRIVATE_EMAIL not in response.text, url
    assert first.sql_rows() == rows
    assert len(allowed) == {KeyScope.CATALOGUE: 4, KeyScope.READ: 9}[scope]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        (
            KeyScope.CATALOGUE,
            {"GET ": 200, "POST ": 403, "GET /{}": 403, "POST /{}/start": 403, "POST /{}/cancel": 403},
        ),
        (KeyScope.READ, {"GET ": 200, "POST ": 403, "GET /{}": 200, "POST /{}/start": 403, "POST /{}/cancel": 409}),
    ],
)
def test_a_transfer_needs_the_scope_of_its_table(
    api: httpx2.Client, first: FirstOwner, scope: KeyScope, statuses: dict[str, int]
) -> None:
    rows, found = first.sql_rows(), {}
    for method, path, contract in platform_routes(DATA):
        for url, body in first.calls(path, contract) if path.startswith(TRANSFERS) else ():
            response = api.request(method, url, json=body, headers=_headers(first.keys[scope]))
            found[f"{method} {path.removeprefix(TRANSFERS).replace('{transfer_id}', '{}')}"] = response.status_code
            assert (first.ids["transfer_id"] in response.text) is (scope is KeyScope.READ and response.is_success)
    assert found == statuses
    assert first.sql_rows() == rows


def test_the_owner_their_store_and_staff_read_the_rows(api: httpx2.Client, first: FirstOwner) -> None:
    """The calls above try ids that exist."""
    callers = {
        PLATFORM: [auth.mint(Role.OWNER, first.user.id)],
        OPERATOR: [auth.mint(Role.SUPPORT, "agent"), auth.mint(Role.OPERATOR, "operator")],
        DATA: [auth.mint(Role.STORE_OWNER, first.store.id), first.keys[KeyScope.WRITE]],
    }
    seen: set[str] = set()
    for prefix, tokens in callers.items():
        for method, path, contract in platform_routes(prefix):
            for url, _ in first.calls(path, contract) if method == "GET" and "{" in path else ():
                for token in tokens:
                    response = api.get(url, headers=_headers(token))
                    assert response.status_code == 200, f"{url}: {response.text}"
                    seen |= {mark for mark in (SECRET, PRIVATE_EMAIL, first.user.email) if mark in response.text}
    assert seen == {SECRET, PRIVATE_EMAIL, first.user.email}


def test_support_reads_a_store_but_no_key(api: httpx2.Client, first: FirstOwner) -> None:
    token = auth.mint(Role.SUPPORT, "agent")
    readable = set()
    for method, path, contract in platform_routes(PLATFORM):
        if method == "GET" and contract.auth is auth.owner_or_support:
            [(url, _)] = first.calls(path, contract)
            response = api.get(url, headers=_headers(token))
            assert response.status_code == 200, f"{path}: {response.text}"
            assert not [key for key in first.keys.values() if key in response.text], path
            readable.add(path)
    assert {path for path in readable if not path.startswith("/v1/platform/stores/{store_id}")} == set()
    assert len(readable) >= 6


def test_a_key_that_may_write_changes_the_rows(api: httpx2.Client, first: FirstOwner) -> None:
    """The calls above send bodies that are accepted, or that conflict with a row."""
    rows = first.sql_rows()
    for method, path, contract in platform_routes(DATA):
        for url, body in first.calls(path, contract):
            response = api.request(method, url, json=body, headers=_headers(first.keys[KeyScope.WRITE]))
            assert response.status_code in (200, 201, 204, 409, 412), f"{method} {url}: {response.text}"
    changed = {name for name, items in first.sql_rows().items() if items != rows[name]}
    assert {"products", "customers", "orders", "inventory"} <= changed
