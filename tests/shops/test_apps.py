"""The apps of a deployment, and their configuration files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from chalicelib.integrations.shopify.admin_api import API_VERSION
from chalicelib.shops import apps
from chalicelib.shops.errors import AppNotFound

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
