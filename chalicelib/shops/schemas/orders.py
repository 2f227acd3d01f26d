"""Messages about a shop's orders and products. Ids are GIDs, except `product_id`, which is a number."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.kit import data_subjects
from chalicelib.shops.schemas.messages import ShopMessage


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")


class DiscountApplication(_Part):
    """A discount of an order. `index` is its position, by which the lines' allocations refer to it.

    `type` is `automatic`, `discount_code`, `manual` or `script`; `target_type` is `line_item` or `shipping_line`. Only
    a discount code has `code`, the others have `title`.
    """

    index: int
    type: str
    title: str | None = None
    code: str | None = None
    target_type: str | None = None


class LineDiscount(_Part):
    """What one discount application takes off a line's whole quantity, in shop money."""

    application: int
    amount: Decimal


class OrderLine(_Part):
    """One line of an order. `properties` are the shopper's choices, by name.

    `quantity` is the ordered number, `current_quantity` the number after edits and refunds. `price` is that of one unit
    before discounts, in shop money. Messages of earlier versions have no field after `properties`.
    """

    line_item_id: str
    variant_id: str | None
    product_id: int | None
    quantity: int
    current_quantity: int
    properties: dict[str, str]
    sku: str | None = None
    title: str | None = None
    price: Decimal | None = None
    gift_card: bool = False
    discounts: list[LineDiscount] = Field(default_factory=list)


class RefundLine(_Part):
    """The refunded quantity of an order line; `properties` are those of the line, `subtotal` is in shop money."""

    line_item_id: str
    quantity: int
    properties: dict[str, str]
    subtotal: Decimal | None = None
    has_properties: bool = True
    """Whether Shopify sent the order line with its properties."""


class OrderRefund(_Part):
    """A refund of an order; one of money alone has no lines."""

    refund_id: str
    lines: list[RefundLine]


class _OrderMessage(ShopMessage):
    order_id: str

    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects(), data_subjects.order(self.shop, self.order_id))


class _Order(_OrderMessage):
    order_number: str | None
    """None if Shopify did not send it; likewise `total_price` and `currency`."""
    customer_id: str | None
    total_price: Decimal | None
    """The order's total in `currency`."""
    currency: str | None
    is_paid: bool = False
    """Whether the order was paid in full; refunds do not count."""
    lines: list[OrderLine]
    placed_at: AwareDatetime | None = None
    triggered_at: AwareDatetime
    updated_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    voided: bool = False
    """Whether the payment was voided: the order was never paid."""
    test: bool = False
    """Whether the order was placed in the shop's test mode."""
    applications: list[DiscountApplication] = Field(default_factory=list)
    refunds: list[OrderRefund] = Field(default_factory=list)
    attributes: dict[str, str] = Field(default_factory=dict)
    """The order's own attributes whose name begins with `_backroom`."""
    guest: str | None = None
    """Pseudonym of a guest's e-mail address; None if the order has a customer, or no address."""

    def actors(self) -> Mapping[str, datetime]:
        """Return the customer with the order's time: messages of an erased customer's later orders are not dropped."""
        placed_at = self.placed_at or self.triggered_at
        return {data_subjects.customer(self.shop, self.customer_id): placed_at} if self.customer_id else {}


class OrderCreated(_Order):
    """An order was placed."""

    topic: ClassVar[str] = "shops-order_created"


class OrderPaid(_Order):
    """An order was paid."""

    topic: ClassVar[str] = "shops-order_paid"


class OrderUpdated(_Order):
    """An order changed; Shopify does not specify how."""

    topic: ClassVar[str] = "shops-order_updated"


class OrderEdited(_Order):
    """Lines of an order were added, removed or changed; this is its present state."""

    topic: ClassVar[str] = "shops-order_edited"


class OrderCancelled(_Order):
    """An order was canceled."""

    topic: ClassVar[str] = "shops-order_cancelled"

    cancelled_at: AwareDatetime


class RefundCreated(_OrderMessage):
    """An order was refunded, in part or in full. `amount` is in `currency`, None if it is unknown."""

    topic: ClassVar[str] = "shops-refund_created"

    refund_id: str
    lines: list[RefundLine]
    amount: Decimal
    currency: str | None
    triggered_at: AwareDatetime


class ProductVariant(_Part):
    """One variant of a product; the price is in the shop's currency. A field that Shopify did not send is None."""

    variant_id: str
    title: str | None
    sku: str | None
    price: Decimal | None


class ProductUpdated(ShopMessage):
    """A product of the shop changed; this is its present state. A field that Shopify did not send is None."""

    topic: ClassVar[str] = "shops-product_updated"

    product_id: int
    title: str | None
    status: str | None
    variants: list[ProductVariant]
    triggered_at: AwareDatetime


class ProductDeleted(ShopMessage):
    """A product of the shop was deleted."""

    topic: ClassVar[str] = "shops-product_deleted"

    product_id: int
    triggered_at: AwareDatetime
