"""Operator endpoints."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop
from infra.deploy import data_stack
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import install
from tests.shops.factories import BEGAN, seed

Drain = Callable[[], list[dict[str, Any]]]
DETAILS = ["shop", "app", "shop_name", "email", "plan_name", "currency", "iana_timezone", "scope", "installed_at"]
HEADER = [*DETAILS, "refused_topics", "unavailable_since", "unavailable_status"]


@pytest.fixture
def operator() -> dict[str, str]:
    """The headers of an operator."""
    return {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}


def test_active_shops_are_paged_oldest_first(api: httpx2.Client, operator: dict[str, str]) -> None:
    names = seed(25)
    seed(3, app="discounts")
    Shop(names[3], "studio").update([Shop.is_active.set(False), Shop.active_app.remove()])
    names.remove(names[3])
    results: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        response = api.get("/v1/operator/shops", params={"app": "studio", "limit": 10, **cursor}, headers=operator)
        assert response.status_code == 200, response.text
        results += response.json()["items"]
        pages += 1
        if not response.json()["next_cursor"]:
            break
        cursor = {"cursor": response.json()["next_cursor"]}
    assert [shop["shop"] for shop in results] == names
    assert pages == 3
    assert list(results[0]) == HEADER
    assert results[0]["installed_at"] == "2026-01-01T00:00:00.000000Z"
    assert "token" not in response.text


def test_active_shops_are_exported_as_csv_with_a_next_link(api: httpx2.Client, operator: dict[str, str]) -> None:
    names = seed(12, shop_name='Ann\'s "Prints", Ltd\nBerlin', email="ann@example.com")
    first = api.get("/v1/operator/shops", params={"app": "studio", "format": "csv", "limit": 8}, headers=operator)
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert set(first.links) == {"next"}
    second = api.get(first.links["next"]["url"], headers=operator)
    assert second.links == {}
    rows = [row for page in (first, second) for row in csv.DictReader(io.StringIO(page.text, newline=""))]
    assert list(rows[0]) == HEADER
    assert [row["shop"] for row in rows] == names
    assert {(row["shop_name"], row["email"]) for row in rows} == {('Ann\'s "Prints", Ltd\nBerlin', "ann@example.com")}
    assert {row["currency"] for row in rows} == {""}
    assert first.text.startswith(",".join(HEADER) + "\r\n")
    assert "shpat" not in first.text
    assert "file:" not in first.text


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(api: httpx2.Client, operator: dict[str, str], name: str) -> None:
    seed(1, shop_name=name)
    response = api.get("/v1/operator/shops", params={"app": "studio", "format": "csv"}, headers=operator)
    [row] = csv.DictReader(io.StringIO(response.text, newline=""))
    assert row["shop_name"] == f"'{name}"
    as_json = api.get("/v1/operator/shops", params={"app": "studio"}, headers=operator).json()
    assert as_json["items"][0]["shop_name"] == name


def test_invalid_requests_explain_the_error(api: httpx2.Client, operator: dict[str, str]) -> None:
    unknown = api.get("/v1/operator/shops", params={"app": "stduio"}, headers=operator)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "AppNotFound")
    assert "studio" in unknown.json()["detail"]
    seed(3)
    page = api.get("/v1/operator/shops", params={"app": "studio", "limit": 2}, headers=operator).json()
    elsewhere = {"app": "discounts", "limit": 2, "cursor": page["next_cursor"]}
    assert api.get("/v1/operator/shops", params=elsewhere, headers=operator).status_code == 422
    nowhere = api.get("/v1/operator/shops/not-a-shop/sessions", headers=operator)
    assert (nowhere.status_code, nowhere.json()["code"]) == (400, "InvalidShopDomain")


def log(app: str, event: EventType, moment: datetime) -> None:
    InstallationLog(shop="a.myshopify.com", id=str(uuid.uuid4()), app=app, event_type=event, created_at=moment).save()


def timeline(
    api: httpx2.Client, operator: dict[str, str], first: str, last: str, app: str = "studio"
) -> httpx2.Response:
    return api.get("/v1/operator/shops/timeline", params={"app": app, "from": first, "to": last}, headers=operator)


def test_the_timeline_includes_both_end_days(api: httpx2.Client, operator: dict[str, str]) -> None:
    almost = timedelta(microseconds=1)
    log("studio", EventType.INSTALL, BEGAN - almost)
    log("studio", EventType.INSTALL, BEGAN)
    log("studio", EventType.UNINSTALL, BEGAN + timedelta(hours=3))
    log("studio", EventType.UNINSTALL, BEGAN + timedelta(hours=4))
    log("studio", EventType.REINSTALL, BEGAN + timedelta(days=3) - almost)
    log("studio", EventType.SCOPES_UPDATE, BEGAN + timedelta(days=1))
    log("studio", EventType.INSTALL, BEGAN + timedelta(days=3))
    log("discounts", EventType.INSTALL, BEGAN)
    response = timeline(api, operator, "2026-01-01", "2026-01-03")
    assert response.status_code == 200, response.text
    assert response.json()["items"] == [
        {"day": "2026-01-01", "installs": 1, "reinstalls": 0, "uninstalls": 2, "scopes_updates": 0},
        {"day": "2026-01-02", "installs": 0, "reinstalls": 0, "uninstalls": 0, "scopes_updates": 1},
        {"day": "2026-01-03", "installs": 0, "reinstalls": 1, "uninstalls": 0, "scopes_updates": 0},
    ]


def test_the_timeline_covers_at_most_a_leap_year(api: httpx2.Client, operator: dict[str, str]) -> None:
    year = timeline(api, operator, "2028-01-01", "2028-12-31").json()["items"]
    assert len(year) == 366
    assert year[59]["day"] == "2028-02-29"
    assert len(timeline(api, operator, "2026-01-01", "2026-01-01").json()["items"]) == 1


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("2026-01-02", "2026-01-01", "query.to"),
        ("2026-01-01", "2027-01-02", "query.to"),
        ("yesterday", "2026-01-01", "query.from"),
        ("2026-01-01", "2026-02-30", "query.to"),
    ],
)
def test_an_invalid_range_names_its_field(
    api: httpx2.Client, operator: dict[str, str], first: str, last: str, path: str
) -> None:
    response = timeline(api, operator, first, last)
    assert response.status_code == 422
    assert [error["path"] for error in response.json()["errors"]] == [path]


def test_the_timeline_counts_installs_reinstalls_and_uninstalls(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain, operator: dict[str, str]
) -> None:
    shopify.uninstall("studio", installed_shop)
    assert drain() == []
    install(api, "studio", installed_shop)
    today = clock.today()
    days = timeline(api, operator, (today - timedelta(days=1)).isoformat(), today.isoformat()).json()["items"]
    totals = {kind: sum(day[kind] for day in days) for kind in ("installs", "reinstalls", "uninstalls")}
    assert totals == {"installs": 1, "reinstalls": 1, "uninstalls": 1}


def test_sessions_of_a_shop_without_its_tokens(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, operator: dict[str, str]
) -> None:
    install(api, "discounts", installed_shop)
    api.get("/shopify/studio/auth", params={"shop": installed_shop})
    now = clock.now()
    Session(
        id="over", shop=installed_shop, app="studio", state="", created_at=now, expires=now - timedelta(seconds=1)
    ).save()
    response = api.get(f"/v1/operator/shops/{installed_shop}/sessions", headers=operator)
    items = [(session["app"], session["is_granted"]) for session in response.json()["items"]]
    assert sorted(items) == [("discounts", True), ("studio", False), ("studio", True)]
    [granted] = Session.query(f"studio/offline_{installed_shop}")
    for secret in (granted.access_token, "file:", "shpat", "access_token", '"state"'):
        assert secret not in response.text
    other = api.get("/v1/operator/shops/other.myshopify.com/sessions", headers=operator)
    assert other.json() == {"items": [], "next_cursor": None}


def test_sessions_are_paged(api: httpx2.Client, installed_shop: str, operator: dict[str, str]) -> None:
    install(api, "discounts", installed_shop)
    path = f"/v1/operator/shops/{installed_shop}/sessions"
    first = api.get(path, params={"limit": 1}, headers=operator).json()
    second = api.get(path, params={"limit": 1, "cursor": first["next_cursor"]}, headers=operator).json()
    assert [first["items"][0]["app"], second["items"][0]["app"]] == ["discounts", "studio"]


def test_every_table_has_a_size(api: httpx2.Client, operator: dict[str, str]) -> None:
    seed(7)
    sizes = {item["table"]: item for item in api.get("/v1/operator/tables", headers=operator).json()["items"]}
    assert set(sizes) == {str(model.Meta.table_name) for model in data_stack.models()}
    assert sizes["backroom-test-shops-shops"]["rows"] == 7
    assert sizes["backroom-test-shops-shops"]["bytes"] > 0
