"""A path finds its route as API Gateway finds it; routes that require sign-in share a gateway path."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chalicelib.kit.route_table import RouteMatch, find_route, gateway_path, requested_path, serving_function
from infra.deploy import handlers

PATHS = ("/v1/a", "/v1/a/{id}", "/v1/a/mine", "/v1/a/{id}/parts", "/v1/a/{id}/parts/{part}", "/v1/a/mine/parts/{part}")
ROUTES: dict[str, dict[str, None]] = {path: {} for path in PATHS}


@pytest.mark.parametrize(
    ("path", "route", "parameters"),
    [
        ("/v1/a", "/v1/a", {}),
        ("/v1/a/7", "/v1/a/{id}", {"id": "7"}),
        ("/v1/a/mine", "/v1/a/mine", {}),
        ("/v1/a/mine/parts", "/v1/a/{id}/parts", {"id": "mine"}),
        ("/v1/a/mine/parts/2", "/v1/a/mine/parts/{part}", {"part": "2"}),
        ("/v1/a/7/parts/2", "/v1/a/{id}/parts/{part}", {"id": "7", "part": "2"}),
        ("/v1/a/7%2Fparts", "/v1/a/{id}", {"id": "7%2Fparts"}),
        ("/v1/a/7%2fparts/parts", "/v1/a/{id}/parts", {"id": "7%2fparts"}),
        ("/v1/a/..", "/v1/a/{id}", {"id": ".."}),
        ("/v1/a/./parts", "/v1/a/{id}/parts", {"id": "."}),
        ("/v1/a/%7Bid%7D", "/v1/a/{id}", {"id": "%7Bid%7D"}),
        ("/v1/a/{id}", "/v1/a/{id}", {"id": "{id}"}),
        ("/v1/a/x y?é", "/v1/a/{id}", {"id": "x y?é"}),
    ],
)
def test_the_most_specific_route_matches(path: str, route: str, parameters: dict[str, str]) -> None:
    assert find_route(ROUTES, path) == RouteMatch(route, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v1",
        "/v1/a/",
        "/v1//a",
        "//v1/a",
        "/v1/a//parts",
        "/v1/a/7/parts/",
        "/v1/A",
        "/v1/%61",
        "/v1/a/../a/x/y",
    ],
)
def test_other_paths_match_no_route(path: str) -> None:
    assert find_route(ROUTES, path) is None


@pytest.mark.parametrize(
    ("proxy", "path"),
    [
        ("me", "/v1/shops/me"),
        ("me/", "/v1/shops/me"),
        ("me//", "/v1/shops/me/"),
        ("/me", "/v1/shops//me"),
        ("a%2Fb/..", "/v1/shops/a%2Fb/.."),
    ],
)
def test_a_greedy_path_keeps_the_path_but_one_trailing_slash(proxy: str, path: str) -> None:
    assert requested_path("/v1/shops/{proxy+}", {"proxy": proxy}) == path


def served_by(**functions: str) -> dict[str, SimpleNamespace]:
    """Entries of a route whose methods require sign-in and are served by these functions."""
    auth = SimpleNamespace(scheme=("accessToken", {"type": "http"}))
    contracts = {method: SimpleNamespace(auth=auth, function=function) for method, function in functions.items()}
    return {
        method: SimpleNamespace(view_function=SimpleNamespace(contract=contract))
        for method, contract in contracts.items()
    }


def test_a_route_of_another_function_shares_no_greedy_path_with_its_context() -> None:
    assert gateway_path("/v1/store/{table}", served_by(GET="store")) == "/v1/store/{proxy+}"
    assert gateway_path("/v1/platform/stores/{id}", served_by(GET="api")) == "/v1/platform/{proxy+}"
    test = "/v1/platform/stores/{id}/database/test"
    assert gateway_path(test, served_by(POST="store")) == test


def test_one_function_serves_all_methods_of_a_route() -> None:
    assert serving_function(served_by(GET="store", POST="store")) == "store"
    with pytest.raises(ValueError, match="api and store"):
        serving_function(served_by(GET="api", POST="store"))


def test_each_route_has_one_gateway_path() -> None:
    routes = handlers.chalice_app().routes
    paths = {route: gateway_path(route, methods) for route, methods in routes.items()}

    shared = {path for route, path in paths.items() if path != route}
    names = (
        *("analytics", "billing", "discounts", "operator", "platform", "retention", "shops", "store", "studio"),
        "together",
    )
    assert shared == {f"/v1/{name}/{{proxy+}}" for name in names}
    own = {route for route, path in paths.items() if path == route}
    assert {"/health", "/webhooks/stripe", "/shopify/{app}/auth", "/proxy/studio/uploads", "/studio/app"} <= own
    open_paths = ("accounts", "accounts/email", "accounts/reset", "accounts/verify", "sessions", "sessions/refresh")
    realms = {f"/v1/{realm}/{path}" for realm in ("together", "platform") for path in open_paths}
    public = {"/v1/analytics/events", "/v1/platform/sessions/revoke"} | realms
    sql = {f"/v1/platform/stores/{{store_id}}/database{path}" for path in ("", "/test")}
    assert {route for route in own if route.startswith("/v1/")} == public | sql
