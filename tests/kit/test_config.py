"""Settings from the environment."""

from __future__ import annotations

import pytest

from chalicelib.kit import config
from chalicelib.kit.config import SettingMissing
from tests.kit.conftest import clear_caches


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> config.Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clear_caches()
    return config.settings()


def test_names_follow_prefix_and_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, STAGE="local", TABLE_PREFIX="acme")
    assert settings.namespace == "acme-local"
    assert (settings.images_bucket, settings.archive_bucket) == tuple(
        f"acme-local-{purpose}-000000000000-us-east-1" for purpose in ("images", "archive")
    )
    settings = settings_with(monkeypatch, ARCHIVE_BUCKET="cold")
    assert settings.archive_bucket == "cold"


def test_names_of_buckets_contain_account_and_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two regions of an account, and two accounts, can have the same stage."""
    settings = settings_with(monkeypatch, STAGE="dev", AWS_ACCOUNT_ID="123456789012", AWS_DEFAULT_REGION="eu-west-1")
    assert settings.images_bucket == "backroom-dev-images-123456789012-eu-west-1"
    assert settings.archive_bucket == "backroom-dev-archive-123456789012-eu-west-1"


@pytest.mark.parametrize("account", ["", "000000000000", "12345678901", "1234567890123", "eve"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_live_stage_without_its_account_is_refused(monkeypatch: pytest.MonkeyPatch, stage: str, account: str) -> None:
    with pytest.raises(SettingMissing, match=f"AWS_ACCOUNT_ID must be the number of the account of the stage {stage}"):
        settings_with(monkeypatch, STAGE=stage, AWS_ACCOUNT_ID=account)


@pytest.mark.parametrize("stage", ["production", "LOCAL", " "])
def test_an_unknown_stage_is_refused(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    with pytest.raises(SettingMissing, match="STAGE"):
        settings_with(monkeypatch, STAGE=stage)


def test_the_embedded_aws_is_the_default_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    settings = settings_with(monkeypatch, STAGE="local", AWS_PROFILE="production")
    assert settings.endpoint_url == config.EMBEDDED_AWS
    assert config.EMBEDDED_AWS.startswith("http://127.0.0.1:")
    assert settings.is_embedded


def test_a_live_stage_has_no_endpoint_and_no_sandboxes(
    production_settings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_with(monkeypatch, SHOPIFY_API_BASE="http://127.0.0.1:1")
    assert (settings.endpoint_url, settings.vendor_base_urls, settings.is_live, settings.is_embedded) == (
        None,
        {},
        True,
        False,
    )


@pytest.mark.parametrize("url", ["https://evil.example", "http://127.0.0.1.evil.example", "http://10.0.0.1:80", "x"])
def test_sandboxes_must_be_on_loopback(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(SettingMissing, match="SHOPIFY_API_BASE"):
        settings_with(monkeypatch, SHOPIFY_API_BASE=url)


def test_sandbox_urls_by_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    unset = dict.fromkeys(("OBJECT_STORAGE_API_BASE", "STRIPE_API_BASE", "SUPABASE_API_BASE"), "")
    settings = settings_with(monkeypatch, SHOPIFY_API_BASE="http://127.0.0.1:81/", **unset)
    assert settings.vendor_base_urls == {"shopify": "http://127.0.0.1:81"}


def test_lambda_is_detected_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not config.is_lambda()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "backroom-prod-api")
    assert config.is_lambda()
