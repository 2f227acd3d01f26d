"""What is for sale, what the caller has of it, and where they pay."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_serializer, model_validator

from chalicelib.billing.domain import money
from chalicelib.billing.enums import BillingCycle, SubscriptionStatus
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp


class _Priced(Schema):
    """Prices per cycle, shown with the currency's decimals."""

    price_monthly: Amount | None
    price_annual: Amount | None
    billing_cycle: BillingCycle
    currency: str

    @field_serializer("price_monthly", "price_annual")
    def _with_decimals(self, price: Decimal | None) -> Amount | None:
        return None if price is None else money.padded(price, self.currency)


class PlanRead(_Priced):
    """A plan and its prices; a price of null: not sold in that cycle."""

    id: str
    name: str
    description: str | None
    features: list[str] = Field(default_factory=list)
    limits: dict[str, int] | None
    included_credits: int
    trial_days: int


class SubscriptionRead(_Priced):
    """A subscription, as Stripe last told of it."""

    id: str
    plan_name: str
    status: SubscriptionStatus
    is_gift: bool
    started_at: Timestamp
    trial_ends_at: Timestamp | None
    current_period_start: Timestamp | None
    current_period_end: Timestamp | None
    cancel_at_period_end: bool
    cancelled_at: Timestamp | None
    ended_at: Timestamp | None
    past_due_since: Timestamp | None


class EntitlementRead(Schema):
    """What the caller may use: the plan that applies, until when, within which limits, and the subscription behind it."""

    has_access: bool
    plan_name: str | None
    access_until: Timestamp | None
    limits: dict[str, int]
    subscription: SubscriptionRead | None


BrowserUrl = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s/?#]\S*$")]
"""Kept letter by letter: a parsed URL would escape the braces of Stripe's template."""


class CheckoutCreate(Input):
    """What to buy (one of `plan`, `addon`, `credit_pack`), and where the buyer's browser goes afterwards."""

    plan: str | None = Field(default=None, min_length=1, max_length=64)
    billing_cycle: BillingCycle | None = Field(default=None, description="The plan's own unless given.")
    addon: str | None = Field(default=None, min_length=1, max_length=64)
    credit_pack: str | None = Field(default=None, min_length=1, max_length=64)
    code: str | None = Field(default=None, min_length=1, max_length=64, description="A discount code, with a plan.")
    success_url: BrowserUrl = Field(description="Stripe puts the session's id where it says {CHECKOUT_SESSION_ID}.")
    cancel_url: BrowserUrl

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(wanted is not None for wanted in (self.plan, self.addon, self.credit_pack)) != 1:
            raise ValueError("name one of plan, addon and credit_pack")
        if (self.billing_cycle or self.code) and not self.plan:
            raise ValueError("billing_cycle and code go with a plan")
        return self


class CheckoutRead(Schema):
    """Where the buyer pays. Nothing is bought until Stripe says that it is paid."""

    id: str
    url: str
    expires_at: Timestamp
