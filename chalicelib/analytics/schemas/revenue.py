"""Revenue in the operator's API."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import Field

from chalicelib.analytics.enums import MovementKind, RevenueScope
from chalicelib.kit.schemas import Amount, Input, PageQuery, Query, Schema

MAX_RATES = 1_000
CURRENCY = r"^[A-Z]{3}$"


class RevenueQuery(Query):
    """The scope and the days (UTC) of a revenue report."""

    scope: RevenueScope = RevenueScope.ALL
    first: dt.date | None = Field(
        default=None, alias="from", description="The first day; default: 29 days before the last."
    )
    last: dt.date | None = Field(default=None, alias="to", description="The last day; default: today.")
    by: Literal["day", "month"] = "day"


class RevenuePeriodRead(Schema):
    """The revenue of a day or month, in the reporting currency. A month holds the days of the range only.

    The five movements lead from `start_mrr` to `mrr`: churn and contraction are subtracted.
    """

    first_day: dt.date
    last_day: dt.date
    subscription_revenue: Amount
    credits_revenue: Amount
    addons_revenue: Amount
    gifts_revenue: Amount
    refunds: Amount
    tax: Amount
    start_mrr: Amount
    new_mrr: Amount
    expansion_mrr: Amount
    contraction_mrr: Amount
    churned_mrr: Amount
    reactivation_mrr: Amount
    mrr: Amount
    committed_mrr: Amount
    arr: Amount
    customers: int
    new_customers: int
    churned_customers: int
    reactivated_customers: int
    active_subscriptions: int
    new_subscriptions: int
    churned_subscriptions: int
    payments_succeeded: int
    payments_failed: int
    churn_rate: Amount | None
    gross_mrr_churn_rate: Amount | None
    net_mrr_churn_rate: Amount | None
    average_revenue_per_customer: Amount | None
    lifetime_value: Amount | None
    unconverted: dict[str, Amount] | None = Field(description="MRR without an exchange rate, by currency.")
    is_final: bool


class RevenueRead(Schema):
    """The revenue of a range of days, by day or month."""

    scope: RevenueScope
    currency: str
    periods: list[RevenuePeriodRead]


class MovementQuery(PageQuery):
    """The scope and day (UTC) of movements."""

    scope: Literal[RevenueScope.MEMBER, RevenueScope.STORE] = RevenueScope.MEMBER
    day: dt.date


class MovementRead(Schema):
    """How a customer's MRR moved on a day, in the reporting currency."""

    customer: str
    kind: MovementKind
    amount: Amount
    mrr_before: Amount
    mrr_after: Amount


class RateQuery(PageQuery):
    """The currency and the dates of exchange rates."""

    currency: str = Field(pattern=CURRENCY)
    first: dt.date | None = Field(default=None, alias="from")
    last: dt.date | None = Field(default=None, alias="to")


class RateInput(Input):
    """The value of one unit of a currency on a date, in the reporting currency."""

    currency: str = Field(pattern=CURRENCY)
    date: dt.date
    rate: Decimal = Field(gt=0, max_digits=24, decimal_places=12)


class RatesInput(Input):
    """Exchange rates to enter; each replaces the one of its currency and date."""

    rates: list[RateInput] = Field(min_length=1, max_length=MAX_RATES)


class RateRead(Schema):
    """An exchange rate."""

    currency: str
    date: dt.date
    rate: Amount


class RatesWritten(Schema):
    """The number of rates that were entered."""

    count: int
