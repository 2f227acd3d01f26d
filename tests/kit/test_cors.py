"""CORS: pages of the configured origins call the API with tokens; pages of others, and cookies, stay out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from chalicelib.kit import config
from chalicelib.kit.config import SettingMissing

SHOP, STRANGER = "https://shop.example", "https://shop.example.evil.test"
ROUTE = "/v1/shops/me/settings"


@pytest.fixture
def _origins(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CORS_ORIGINS", f"{SHOP}, http://localhost:5173")
    config.forget_settings()
    yield
    monkeypatch.undo()
    config.forget_settings()


def preflight(api: httpx2.Client, origin: str, path: str = ROUTE, method: str = "PUT") -> httpx2.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return api.options(path, headers=headers)


@pytest.mark.usefixtures("_origins")
def test_a_preflight_of_an_allowed_origin_names_the_methods_and_headers(api: httpx2.Client) -> None:
    answer = preflight(api, SHOP)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, PUT"
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"} <= set(allowed)
    assert preflight(api, "http://localhost:5173").status_code == 204


@pytest.mark.usefixtures("_origins")
@pytest.mark.parametrize(
    "origin", [STRANGER, "https://SHOP.example", "http://shop.example", "https://shop.example:8443", "null"]
)
def test_other_origins_get_no_header(api: httpx2.Client, origin: str) -> None:
    answer = preflight(api, origin)
    assert (answer.status_code, answer.headers["vary"]) == (405, "Origin")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "access-control-allow-origin" not in api.get("/health", headers={"Origin": origin}).headers


@pytest.mark.usefixtures("_origins")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("GET", ROUTE, 401), ("DELETE", ROUTE, 405)],
)
def test_responses_and_problems_can_be_read(api: httpx2.Client, method: str, path: str, status: int) -> None:
    """Those of use cases and those of the app itself. A response without Origin names it in Vary, for caches."""
    answer = api.request(method, path, headers={"Origin": SHOP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, SHOP)
    exposed = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"ETag", "Retry-After", "RateLimit", "Idempotency-Replayed", "X-Request-Id"} <= exposed
    assert api.get(path).headers["vary"] == "Origin"


@pytest.mark.usefixtures("_origins")
def test_no_page_of_another_origin_can_use_our_cookies(api: httpx2.Client) -> None:
    """Neither may the browser send cookies, nor may the page send the header without which they are not read.

    SameSite does not help here: api.example.com and app.example.com are the same site.
    """
    answer = preflight(api, SHOP, "/v1/platform/sessions/refresh", "POST")
    assert answer.status_code == 204
    assert "access-control-allow-credentials" not in answer.headers
    assert "x-backroom" not in answer.headers["access-control-allow-headers"].lower()
    cookie = {"Origin": SHOP, "Cookie": "platform_refresh=x; refresh=x"}
    answer = api.post("/v1/platform/sessions/refresh", json={}, headers=cookie)
    assert (answer.status_code, answer.json()["code"]) == (401, "SessionEnded")
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.usefixtures("_origins")
def test_a_route_for_every_origin_stays_one(api: httpx2.Client) -> None:
    answer = preflight(api, STRANGER, "/v1/analytics/events", "POST")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")


def test_without_the_setting_no_origin_is_allowed(api: httpx2.Client) -> None:
    assert preflight(api, SHOP).status_code == 405
    answer = api.get("/health", headers={"Origin": SHOP})
    assert not {"access-control-allow-origin", "vary"} & set(answer.headers)


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "shop.example",
        "https://shop.example/",
        "https://*.example",
        "https://Shop.example",
        "https://x:443",
    ],
)
def test_a_malformed_origin_is_named(text: str) -> None:
    with pytest.raises(SettingMissing, match="CORS_ORIGINS"):
        config.parse_origins(f"https://shop.example, {text}")
    assert config.parse_origins(" https://shop.example ,http://localhost:3000,") == {SHOP, "http://localhost:3000"}
