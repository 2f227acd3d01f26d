"""Schemas of competitors' prices: what merchants send and read, and the message of a check."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chalicelib.discounts.enums import WatchStatus
from chalicelib.kit.addresses import MAX_URL
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not contain control characters")
    return text


class CompetitorCreate(Input):
    """A competitor's page of the same product. Its offer price is read once a day."""

    sku: Annotated[
        str, StringConstraints(strip_whitespace=False, min_length=1, max_length=255), AfterValidator(_printable)
    ]
    competitor: Annotated[str, AfterValidator(_printable)] = Field(
        min_length=1, max_length=100, examples=["Rival Mugs"]
    )
    url: str = Field(min_length=1, max_length=MAX_URL, examples=["https://rival-mugs.com/products/blue-mug"])


class CompetitorPriceRead(Schema):
    """A price that the page showed."""

    price: Amount
    currency: str
    observed_at: Timestamp


class CompetitorRead(Schema):
    """The columns of `competitor_watches`, with the last price."""

    watch_id: str
    sku: str
    competitor: str
    url: str
    status: WatchStatus
    last_checked_at: Timestamp | None
    failures: int = Field(description="Failed checks in a row; ten pause the watch.")
    created_at: Timestamp
    latest: CompetitorPriceRead | None = None
    is_comparable: bool | None = Field(
        default=None, description="Whether the price is in the shop's currency. Others are shown, not compared."
    )


class CompetitorsRead(Schema):
    """All watches of the shop, oldest first."""

    items: list[CompetitorRead]


class CompetitorDetailRead(CompetitorRead):
    prices: list[CompetitorPriceRead] = Field(description="The SKU's prices on this page, newest first; at most 100.")


class CompetitorCheckDue(Message):
    """Read the price on a competitor's page. `turn_at` is the start of the reserved turn of its website.

    `busy_redirects` counts the visits that ended at a redirect to a website without a free turn.
    """

    queue: ClassVar[str] = "discounts-check_competitor"

    shop: str
    watch_id: str
    turn_at: AwareDatetime | None = None
    busy_redirects: int = 0

    def subjects(self) -> tuple[str, ...]:
        return (f"shop:{self.shop}:discounts",)
