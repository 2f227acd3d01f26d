"""The apps of a deployment, and their configuration files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from chalicelib.integrations.shopify.admin_api import API_VERSION
from chalicelib.shops import apps
from chalicelib.shops.errors import AppNotFound
from infra.sandbox.shopify import SANDBOX_APPS

ROOT = Path(__file__).resolve().parents[2]


def test_only_apps_with_credentials_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [app.handle for app in apps.iterate_configured_apps()] == ["discounts", "studio"]
    monkeypatch.delenv("SHOPIFY_DISCOUNTS_API_SECRET")
    assert [app.handle for app in apps.iterate_configured_apps()] == ["studio"]
    for handle in ("discounts", "nobody", "STUDIO", ""):
        with pytest.raises(AppNotFound):
            apps.get_app(handle)


def test_secrets_are_hidden_in_repr() -> None:
    app = apps.get_app("studio")
    assert app.secrets[0] not in repr(app)


@pytest.mark.parametrize("handle", sorted(apps.TOPICS))
def test_each_app_has_its_configuration_file(handle: str) -> None:
    app_config = tomllib.loads((ROOT / f"shopify.app.{handle}.toml").read_text())
    [privacy] = app_config["webhooks"]["subscriptions"]
    assert set(privacy["compliance_topics"]) == {"customers/data_request", "customers/redact", "shop/redact"}
    assert privacy["uri"].endswith(f"/webhooks/shopify/{handle}")
    assert app_config["webhooks"]["api_version"] == API_VERSION
    [redirect] = app_config["auth"]["redirect_urls"]
    assert redirect.endswith(f"/shopify/{handle}/auth/callback")
    assert app_config["embedded"] is True
    assert app_config["application_url"].endswith(f"/{handle}/app")


def test_the_scopes_of_discounts_are_the_same_everywhere() -> None:
    """Inventory gives stock and cost, the pixel its views; the app proxy serves the price test."""
    app_config = tomllib.loads((ROOT / "shopify.app.discounts.toml").read_text())
    scopes = app_config["access_scopes"]["scopes"].split(",")
    assert {"read_inventory", "write_pixels", "read_customer_events", "write_app_proxy"} <= set(scopes)
    assert tuple(scopes) == SANDBOX_APPS["discounts"].scopes
    assert f"#SHOPIFY_DISCOUNTS_SCOPES={','.join(scopes)}\n" in (ROOT / ".env.example").read_text()
