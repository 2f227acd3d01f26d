"""Request and response schemas of merchants."""

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from chalicelib.kit.schemas import Input, Schema, Timestamp

# Stored JSON is read with Decimals; a merchant's number must be returned as a JSON number.
Settings = Annotated[dict[str, Any], BeforeValidator(lambda value: json.loads(json.dumps(value, default=float)))]


class RefusedTopicRead(Schema):
    """A webhook topic that Shopify refuses, with the reason. Shopify does not report changes of this topic."""

    topic: str
    reason: str
    since: Timestamp


class ShopRead(Schema):
    """The caller's shop, as stored for the caller's app."""

    shop: str
    """The first myshopify domain that we knew, which identifies the shop here."""
    domain: str
    """The myshopify domain that the shop has now."""
    app: str
    is_active: bool
    scope: str | None
    missing_scopes: list[str]
    """Required scopes that the shop has not granted; redirect the merchant to `/shopify/{app}/auth` to grant them."""
    refused_topics: list[RefusedTopicRead]
    """Webhook topics that Shopify refuses, usually because a scope or access to protected customer data is missing."""
    shop_name: str | None
    email: str | None
    currency: str | None
    iana_timezone: str
    plan_name: str
    installed_at: Timestamp


class InstallationRead(Schema):
    """One install, uninstall, reinstall or change of access scopes."""

    id: str
    event_type: Literal["install", "uninstall", "reinstall", "scopes_update"]
    created_at: Timestamp


class SettingsUpdate(Input):
    """The complete new settings; unknown keys are stored as sent."""

    model_config = ConfigDict(str_strip_whitespace=False)

    settings: dict[str, Any]


class SettingsRead(Schema):
    """The current settings; version 0 if none are stored."""

    settings: Settings = Field(default_factory=dict)
    version: int = 0
    updated_at: Timestamp | None = None


class SettingsVersionRead(Schema):
    """One saved version of the settings."""

    version: int
    settings: Settings
    changed_by: str | None
    changed_at: Timestamp
