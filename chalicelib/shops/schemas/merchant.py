"""What merchants read and write."""

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from chalicelib.kit.schemas import Input, Schema, Timestamp

# Stored JSON is read with decimals; what a merchant sent as a number goes back as one.
Settings = Annotated[dict[str, Any], BeforeValidator(lambda value: json.loads(json.dumps(value, default=float)))]


class ShopRead(Schema):
    """The caller's shop, as the caller's app knows it."""

    shop: str
    app: str
    is_active: bool
    scope: str | None
    missing_scopes: list[str]
    """What the app asks for by now and the shop has not granted: send the merchant to `/shopify/{app}/auth` again."""
    shop_name: str | None
    email: str | None
    currency: str | None
    iana_timezone: str
    plan_name: str
    installed_at: Timestamp


class InstallationRead(Schema):
    """One install, uninstall or reinstall."""

    id: str
    event_type: Literal["install", "uninstall", "reinstall"]
    created_at: Timestamp


class SettingsUpdate(Input):
    """New settings, as a whole; keys that we do not know are kept as they are."""

    model_config = ConfigDict(str_strip_whitespace=False)

    settings: dict[str, Any]


class SettingsRead(Schema):
    """The settings in force; version 0 means that none were saved yet."""

    settings: Settings = Field(default_factory=dict)
    version: int = 0
    updated_at: Timestamp | None = None


class SettingsVersionRead(Schema):
    """Settings as they were saved at one time."""

    version: int
    settings: Settings
    changed_by: str | None
    changed_at: Timestamp
