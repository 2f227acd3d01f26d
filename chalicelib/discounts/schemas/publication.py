"""Messages about the publication of discounts and the days of their shops."""

from datetime import date
from typing import ClassVar

from chalicelib.shops.schemas.messages import ShopifyWork


class DiscountChanged(ShopifyWork):
    """Work for `discounts-publish_discount`: bring Shopify's node of a discount to the newest version."""

    queue: ClassVar[str] = "discounts-publish_discount"

    discount_id: str


class ShopDayEnded(ShopifyWork):
    """Work for `discounts-close_day`: run the steps that follow a shop's local day.

    After an outage `last_day` is the last day that has ended: the close of each day sends the next one.
    """

    queue: ClassVar[str] = "discounts-close_day"

    day: date
    last_day: date | None = None
