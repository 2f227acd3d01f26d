"""Schemas of the figures' lists. Amounts are in the row's currency; dates are days of the shop's time zone."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.discounts.enums import CustomerSegment
from chalicelib.kit.schemas import Amount, PageQuery, Schema, Timestamp

MAX_DAYS = 400
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class PeriodQuery(PageQuery):
    """Days of the shop's time zone, both ends included, at most 400; by default the last 30."""

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if self.first and self.last:
            if self.last < self.first:
                raise PydanticCustomError("range", "`to` must not be before `from`")
            if (self.last - self.first).days >= MAX_DAYS:
                raise PydanticCustomError("range", "`to` must be within 400 days of `from`")
        return self


class SkuFigureQuery(PeriodQuery):
    """Without `from` and `to`, the total usage; else the usage by day, of the last 100 days."""

    discount_id: Text | None = None
    sku: Text | None = None


class ProductFigureQuery(PageQuery):
    sku: Text | None = None


class CustomerFigureQuery(PageQuery):
    segment: CustomerSegment | None = None


class InventoryFigureQuery(PeriodQuery):
    sku: Text


class SkuFigureRead(Schema):
    """The usage of one discount by one SKU, in total or, with `date`, on one day."""

    date: Day | None = None
    discount_id: str
    discount_code: str | None = None
    sku: str
    times_used: int
    units: int
    revenue_before_discount: Amount
    discount_amount: Amount
    revenue_after_discount: Amount
    revenue_impact: Amount | None = None
    unique_customers: int | None = None
    repeat_usage_count: int | None = None
    currency: str
    first_used_at: Timestamp | None = None
    last_used_at: Timestamp | None = None


class DayFigureRead(Schema):
    """A shop's day, by the day on which its orders were created."""

    date: Day
    total_discounts_used: int
    total_revenue_impact: Amount
    total_savings: Amount
    unique_customers: int
    orders: int
    orders_with_discount: int
    currency: str


class ProductFigureRead(Schema):
    """The sales of a SKU in one currency, with and without a discount. Rates are percentages of 30 days; null: not measured."""

    sku: str
    variant_id: str | None
    product_title: str | None
    units_sold_with_discount: int
    units_sold_without_discount: int
    total_discount_given: Amount
    revenue_with_discount: Amount
    revenue_without_discount: Amount
    view_to_purchase_rate: Amount | None
    cart_abandonment_rate: Amount | None
    currency: str
    updated_at: Timestamp


class CustomerFigureRead(Schema):
    """The usage and purchases of one customer in one currency. A guest's id begins with `guest:`."""

    customer_id: str
    total_discounts_used: int
    total_savings: Amount
    favorite_discount_type: str | None
    orders: int
    avg_order_value: Amount | None
    purchase_frequency: int | None
    last_purchase_date: Day | None
    customer_segment: CustomerSegment | None
    lifetime_value: Amount
    currency: str


class InventoryFigureRead(Schema):
    """A SKU's day: sales, stock, offered price and cost."""

    sku: str
    date: Day
    starting_inventory: int | None
    units_sold_with_discount: int
    units_sold_regular_price: int
    ending_inventory: int | None
    days_of_supply: int | None
    turnover_rate: Amount | None
    revenue_with_discount: Amount
    revenue_regular_price: Amount
    offered_price: Amount | None
    unit_cost: Amount | None
    currency: str
