"""Schemas of the dashboard and of the search."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.discounts.enums import NameKind
from chalicelib.kit.schemas import Amount, Query, Schema, Timestamp


class DashboardQuery(Query):
    """The last days, today included, of this store or of all stores of its group."""

    days: Literal["7", "30", "90"] = "30"
    stores: Literal["me", "all"] = "me"


class DashboardDayRead(Schema):
    """One day of the trend."""

    date: date
    uses: int
    orders: int
    savings: Amount
    revenue_after_discount: Amount


class TopSkuRead(Schema):
    """A SKU by the savings of all discounts."""

    shop: str
    sku: str
    uses: int
    savings: Amount


class TopDiscountRead(Schema):
    """A discount by its savings."""

    shop: str
    discount_id: str
    title: str
    discount_code: str | None
    uses: int
    savings: Amount
    revenue_after_discount: Amount


class CurrencyFiguresRead(Schema):
    """The figures in one currency. `revenue_after_discount` counts each order line once."""

    currency: str | None
    total_discounts: int = Field(description="Discounts with a use.")
    unique_skus: int = Field(description="SKUs with a use; one of two stores counts twice.")
    orders: int = Field(description="Orders with a use.")
    total_uses: int
    total_savings: Amount
    revenue_after_discount: Amount
    trend: list[DashboardDayRead]
    top_skus: list[TopSkuRead]
    top_discounts: list[TopDiscountRead]


class DashboardRead(CurrencyFiguresRead):
    """The figures in the currency of the shop, and those in other currencies. They are at most five minutes old."""

    days: int
    stores: list[str]
    as_of: Timestamp
    other_currencies: list[CurrencyFiguresRead]


class SearchQuery(Query):
    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=255)]


class SearchResultRead(Schema):
    """A discount whose code, title or SKU begins with the text. SKUs are case-sensitive."""

    kind: NameKind
    name: str
    discount_id: str
    title: str
    discount_code: str | None
    is_active: bool


class SearchRead(Schema):
    """At most ten discounts of each kind."""

    items: list[SearchResultRead]
