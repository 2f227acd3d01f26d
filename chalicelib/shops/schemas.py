"""Messages that shops send, and the shapes of their API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Input, Moment, Query, Schema

# Stored JSON is read with decimals; what a merchant sent as a number goes back as one.
Settings = Annotated[dict[str, Any], BeforeValidator(lambda value: json.loads(json.dumps(value, default=float)))]


class OrderLine(BaseModel):
    """One line of a paid order. `properties` are the shopper's choices, by name."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    line_item_id: str
    variant_id: str | None
    product_id: int | None
    quantity: int
    properties: dict[str, str]


class OrderPaid(Message):
    """A shop's order was paid. Ids are GIDs, but `product_id`; the price is in `currency`."""

    topic: ClassVar[str] = "shops-order_paid"

    shop: str
    app: str
    order_id: str
    order_number: str
    customer_id: str | None
    total_price: Decimal
    currency: str
    lines: list[OrderLine]
    triggered_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}",)


class ShopInstalled(Message):
    """An app was installed in a shop, for the first time or again."""

    topic: ClassVar[str] = "shops-shop_installed"

    shop: str
    app: str
    event: Literal["install", "reinstall"]

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}",)


class ShopUninstalled(Message):
    """An app was removed from a shop; its tokens are dead."""

    topic: ClassVar[str] = "shops-shop_uninstalled"

    shop: str
    app: str
    uninstalled_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}",)


class RegistrationRequested(Message):
    """Work for `shops-register`: subscribe the shop to the app's webhooks and read its details."""

    queue: ClassVar[str] = "shops-register"

    shop: str
    app: str

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}",)


class DeliveryReceived(Message):
    """Work for `shops-apply`: a recorded webhook delivery that this context itself acts on."""

    queue: ClassVar[str] = "shops-apply"

    shop: str
    app: str
    webhook_topic: str
    delivery_id: str
    triggered_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}",)


class InstallationStart(Query):
    """The query of an installation's start. Shopify's admin adds parameters of its own, which do not count."""

    model_config = ConfigDict(extra="ignore")

    shop: str = Field(max_length=255, examples=["example.myshopify.com"])


class OAuthCallback(Query):
    """What Shopify answers with; every parameter, also those not named here, is covered by `hmac`."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field(min_length=1)
    hmac: str = Field(min_length=1)
    shop: str = Field(min_length=1)
    state: str = Field(min_length=1)
    timestamp: str = Field(min_length=1)


class ShopRead(Schema):
    """The caller's shop, as the caller's app knows it."""

    shop: str
    app: str
    is_active: bool
    scope: str | None
    shop_name: str | None
    email: str | None
    currency: str | None
    iana_timezone: str
    plan_name: str
    installed_at: Moment


class InstallationRead(Schema):
    """One install, uninstall or reinstall."""

    id: str
    event_type: Literal["install", "uninstall", "reinstall"]
    created_at: Moment


class SettingsUpdate(Input):
    """New settings, as a whole; keys that we do not know are kept as they are."""

    model_config = ConfigDict(str_strip_whitespace=False)

    settings: dict[str, Any]


class SettingsRead(Schema):
    """The settings in force; version 0 means that none were saved yet."""

    settings: Settings = Field(default_factory=dict)
    version: int = 0
    updated_at: Moment | None = None


class SettingsVersionRead(Schema):
    """Settings as they were saved at one time."""

    version: int
    settings: Settings
    changed_by: str | None
    changed_at: Moment


class WebhookAnswer(Schema):
    """What Shopify is told: the delivery is on record."""

    status: Literal["recorded", "known"]
