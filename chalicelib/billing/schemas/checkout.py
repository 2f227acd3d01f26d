"""Plans for sale, the caller's entitlement, and the checkout."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_serializer, model_validator

from chalicelib.billing.domain import money
from chalicelib.billing.enums import BillingCycle, SubscriptionStatus
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp


class _Priced(Schema):
    """Prices per billing cycle, padded to the currency's decimals."""

    price_monthly: Amount | None
    price_annual: Amount | None
    billing_cycle: BillingCycle
    currency: str

    @field_serializer("price_monthly", "price_annual")
    def _with_decimals(self, price: Decimal | None) -> Amount | None:
        return None if price is None else money.padded(price, self.currency)


class PlanRead(_Priced):
    """A plan and its prices. A price is null if the plan is not sold in that cycle."""

    id: str
    name: str
    description: str | None
    features: list[str] = Field(default_factory=list)
    limits: dict[str, int] | None
    included_credits: int
    trial_days: int


class SubscriptionRead(_Priced):
    """A subscription as of the latest data from Stripe."""

    id: str
    plan_name: str
    status: SubscriptionStatus
    is_gift: bool
    started_at: Timestamp
    quantity: int | None
    trial_ends_at: Timestamp | None
    current_period_start: Timestamp | None
    current_period_end: Timestamp | None
    cancel_at_period_end: bool
    cancel_at: Timestamp | None
    pause_collection: str | None = Field(description="Stripe's behavior while the collection of payments is paused.")
    cancelled_at: Timestamp | None
    ended_at: Timestamp | None
    past_due_since: Timestamp | None


class EntitlementRead(Schema):
    """The caller's entitlement: the plan that applies, its end and limits, and the subscription that gives it."""

    has_access: bool
    plan_name: str | None
    access_until: Timestamp | None
    limits: dict[str, int]
    subscription: SubscriptionRead | None


BrowserUrl = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s/?#]\S*$")]
"""A string, because parsing a URL would escape the braces in the template."""


class PlansSynced(Schema):
    """The ids of the plans that were written."""

    plans: list[str]


class CheckoutCreate(Input):
    """The item to buy (one of `plan`, `addon`, `credit_pack`) and the URLs to which the browser returns."""

    plan: str | None = Field(default=None, min_length=1, max_length=64, examples=["better_together"])
    billing_cycle: BillingCycle | None = Field(default=None, description="Default: the plan's billing cycle.")
    addon: str | None = Field(default=None, min_length=1, max_length=64)
    credit_pack: str | None = Field(default=None, min_length=1, max_length=64)
    code: str | None = Field(default=None, min_length=1, max_length=64, description="A discount code; requires a plan.")
    success_url: BrowserUrl = Field(description="Stripe replaces {CHECKOUT_SESSION_ID} with the session's id.")
    cancel_url: BrowserUrl

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(wanted is not None for wanted in (self.plan, self.addon, self.credit_pack)) != 1:
            raise ValueError("give exactly one of plan, addon and credit_pack")
        if (self.billing_cycle or self.code) and not self.plan:
            raise ValueError("billing_cycle and code require a plan")
        return self


class CheckoutRead(Schema):
    """The page on which the buyer pays. The purchase takes effect once Stripe reports it as paid.

    If the buyer's subscription needs a payment or another plan first, this is the customer portal and `id` is the
    subscription's.
    """

    id: str
    url: str
    expires_at: Timestamp
    is_portal: bool = Field(default=False, description="Whether the page is the customer portal.")
