"""Messages that the shops send."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chalicelib.kit.messages import Message


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
