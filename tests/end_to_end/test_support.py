"""The role `support` reads what an operator reads and changes nothing: tested over all routes."""

from __future__ import annotations

import re

import httpx2

from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from tests.end_to_end.test_tenants import PUBLIC, _all_rows, _operator_routes, _routes
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery"]

READS = {"GET", "HEAD", "OPTIONS"}


def url_of(path: str, shop: str = "a.myshopify.com") -> str:
    names = {"shop": shop, "app": "studio"}
    return re.sub(r"{(\w+)}", lambda match: names.get(match[1]) or ids.new(), path)


def test_a_support_token_is_refused_by_every_route_that_changes_something(gallery: Gallery) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(Role.SUPPORT, 'agent')}"}
    before = _all_rows()
    refused = set()
    for method, path, contract in _routes():
        if method in READS:
            continue
        response = gallery.api.request(method, url_of(path, gallery.shop), json={}, headers=headers)
        scheme = getattr(contract.auth, "scheme", ("vendor",))[0]
        expected = (403,) if scheme in ("accessToken", "storeKey") else (400, 401)  # the others take other credentials
        if contract.auth is None:
            expected = (401, 422)  # without a token's rights: the body is empty, or names no session
        assert response.status_code in expected, f"{method} {path}: {response.text}"
        refused.add((method, path))
    assert _all_rows() == before
    assert len(refused) > 40
    assert {(method, path) for method, path in _operator_routes() if method not in READS} <= refused


def test_a_support_token_may_read_everything_that_an_operator_reads(api: httpx2.Client) -> None:
    for method, path in _operator_routes():
        if method not in READS:
            continue
        answers = []
        for role in (Role.OPERATOR, Role.SUPPORT):
            headers = {"Authorization": f"Bearer {auth.mint(role, 'agent')}"}
            answers.append(api.request(method, url_of(path), headers=headers).status_code)
        assert answers[0] == answers[1] != 403, path


def test_only_routes_of_operators_that_read_accept_support() -> None:
    for method, path, contract in _routes():
        assert (contract.auth is auth.support) is (method in READS and path.startswith("/v1/operator/")), (method, path)
        assert contract.auth is not auth.owner_or_support or method in READS, (method, path)
        assert (contract.auth is auth.operator) is (method not in READS and path.startswith("/v1/operator/")), path
    assert "/operator/app" in PUBLIC
