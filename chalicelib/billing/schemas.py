"""Messages that billing sends, and the shapes of its API."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer

from chalicelib.billing import money
from chalicelib.billing.enums import BillingCycle, EntryType, OwnerType, SubscriptionStatus
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Amount, Input, Moment, Schema


class SubscriptionChanged(Message):
    """What an owner's subscription is now. At least once per change; of two with one id the higher version is newer."""

    topic: ClassVar[str] = "billing-subscription_changed"

    owner_type: OwnerType
    owner_id: str
    subscription_id: str
    version: int
    plan_name: str
    status: SubscriptionStatus
    billing_cycle: BillingCycle
    current_period_end: AwareDatetime | None
    cancel_at_period_end: bool
    access_until: AwareDatetime | None
    """From then on the subscription gives no access; None: it gives none."""
    limits: dict[str, int]

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)


class EventReceived(Message):
    """Work for `billing-apply`: an event of Stripe's is on record."""

    queue: ClassVar[str] = "billing-apply"

    stripe_event_id: str


class _EventData(BaseModel):
    object: dict[str, Any]


class StripeEvent(BaseModel):
    """A snapshot event, as far as we look into it (docs.stripe.com/api/events/object)."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=255)
    object: str = Field(pattern="^event$")
    type: str = Field(min_length=1, max_length=255)
    api_version: str | None = None
    created: int = Field(ge=0)
    livemode: bool
    data: _EventData


class WebhookAnswer(Schema):
    """What Stripe is told: the event is on record."""

    received: bool = True


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
    started_at: Moment
    trial_ends_at: Moment | None
    current_period_start: Moment | None
    current_period_end: Moment | None
    cancel_at_period_end: bool
    cancelled_at: Moment | None
    ended_at: Moment | None
    past_due_since: Moment | None


class EntitlementRead(Schema):
    """What the caller may use: the plan that applies, until when, within which limits, and the subscription behind it."""

    has_access: bool
    plan_name: str | None
    access_until: Moment | None
    limits: dict[str, int]
    subscription: SubscriptionRead | None


_BrowserUrl = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s/?#]\S*$")]
"""Kept letter by letter: a parsed URL would escape the braces of Stripe's template."""


class CheckoutCreate(Input):
    """What to buy, and where the buyer's browser goes afterwards."""

    plan: str = Field(min_length=1, max_length=64)
    billing_cycle: BillingCycle | None = Field(default=None, description="The plan's own unless given.")
    success_url: _BrowserUrl = Field(description="Stripe puts the session's id where it says {CHECKOUT_SESSION_ID}.")
    cancel_url: _BrowserUrl


class CheckoutRead(Schema):
    """Where the buyer pays. Nothing is bought until Stripe says that it is paid."""

    id: str
    url: str
    expires_at: Moment


class CreditLotRead(Schema):
    """Credits of one grant or purchase that are left."""

    lot_id: str
    remaining: int
    expires_at: Moment | None


class CreditBalanceRead(Schema):
    """Credits at hand; `suspended` are not spendable while a dispute is open."""

    balance: int
    suspended: int
    lots: list[CreditLotRead]


class CreditEntryRead(Schema):
    """One change of the balance."""

    id: str
    entry_type: EntryType
    amount: int
    balance_after: int
    reason: str | None
    expires_at: Moment | None
    created_at: Moment
