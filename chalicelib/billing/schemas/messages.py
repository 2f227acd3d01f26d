"""Messages that billing sends, and the Stripe events that it receives."""

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from chalicelib.billing.enums import BillingCycle, OwnerType, PaymentKind, PaymentStatus, SubscriptionStatus
from chalicelib.kit import data_subjects
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Schema


class SubscriptionChanged(Message):
    """The current state of an owner's subscription.

    Published at least once per change. Of two messages with the same `subscription_id`, the one with the higher
    `version` is newer.
    """

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
    """The time when the subscription's access ends; None if it gives no access."""
    limits: dict[str, int]
    started_at: AwareDatetime | None = None
    """When it began; None before that, and in messages of earlier releases."""
    ended_at: AwareDatetime | None = None
    """When it ended; None if it has not begun or has not ended."""

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)


class _Owned(Message):
    owner_type: OwnerType
    owner_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)


RevenueStepFields = TypedDict("RevenueStepFields", {"from": AwareDatetime, "plan": Decimal, "addons": Decimal})
"""A month's amounts from a time on, in the main unit with six decimals."""


class RecurringRevenueChanged(_Owned):
    """The recurring revenue of a subscription, also of one with only add-ons.

    Published at least once per sync. Of two messages with the same `subscription_id`, the one with the later `as_of` is
    newer; a final one replaces every other. `as_of` is just before Stripe was asked, or when the event was created if
    Stripe was not asked. `effective_at` is when the event was created, for an ended subscription its end.
    """

    topic: ClassVar[str] = "billing-recurring_revenue_changed"

    subscription_id: str
    as_of: AwareDatetime
    effective_at: AwareDatetime
    is_final: bool
    status: SubscriptionStatus
    plan_name: str | None
    currency: str
    steps: list[RevenueStepFields]
    """The amounts from `effective_at` on, and at each known future change, in order."""


class PaymentRefund(BaseModel):
    """A completed refund, or a lost dispute, of a payment. `reversed_at` is when its money was returned to us."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    id: str
    amount: Decimal
    at: AwareDatetime
    reversed_at: AwareDatetime | None


class PaymentChanged(_Owned):
    """A payment with its tax, its add-ons' part and its refunds.

    Published at least once per write of the payment. Of two messages with the same `payment_id`, the one with the higher
    `version` is newer. `amount` includes `tax` and `addons`; the refunds that were not reversed add up to at most it.
    """

    topic: ClassVar[str] = "billing-payment_changed"

    payment_id: str
    version: int
    kind: PaymentKind
    status: PaymentStatus
    amount: Decimal
    tax: Decimal
    addons: Decimal
    currency: str
    subscription_id: str | None
    plan_name: str | None = None
    """The plan that the payment is for; None if there is none."""
    item: str | None
    created_at: AwareDatetime
    paid_at: AwareDatetime | None
    failed_at: AwareDatetime | None
    refunds: list[PaymentRefund]


class _Payment(_Owned):
    """The current state of a payment.

    Published at least once per change. Of two messages with the same `payment_id`, the one with the higher `version` is
    newer.
    """

    payment_id: str
    version: int
    kind: PaymentKind
    amount: Decimal
    currency: str
    subscription_id: str | None


class PaymentSucceeded(_Payment):
    """An owner has paid."""

    topic: ClassVar[str] = "billing-payment_succeeded"


class PaymentFailed(_Payment):
    """A payment failed. Stripe or the owner may retry it."""

    topic: ClassVar[str] = "billing-payment_failed"

    failure_reason: str | None


class RefundCompleted(_Owned):
    """A refund to an owner has completed. Published at least once per refund."""

    topic: ClassVar[str] = "billing-refund_completed"

    refund_id: str
    payment_id: str
    amount: Decimal
    currency: str


class CreditsChanged(Message):
    """The current balance of a credit ledger.

    Published at least once per change. The message with the higher `version` is newer.
    """

    topic: ClassVar[str] = "billing-credits_changed"

    relationship_id: str
    balance: int
    suspended: int
    version: int

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.ledger(self.relationship_id),)


class AddonsChanged(_Owned):
    """An owner's add-ons have changed; the consumer reads them with `billing.service.addons_of`.

    Published at least once per change. It has no state, so that the order of two messages does not matter.
    """

    topic: ClassVar[str] = "billing-addons_changed"


class TrialEnding(_Owned):
    """An owner's trial ends in three days, or sooner if it was shortened."""

    topic: ClassVar[str] = "billing-trial_ending"

    subscription_id: str
    plan_name: str
    trial_ends_at: AwareDatetime


class GiftPaid(Message):
    """A gift is paid and can be redeemed with `code`. The subscriber that sends e-mail notifies the recipient."""

    topic: ClassVar[str] = "billing-gift_paid"

    code: str
    buyer_id: str
    recipient_email: str
    plan_name: str
    message: str | None
    expires_at: AwareDatetime

    def subjects(self) -> tuple[str, ...]:
        return (f"member:{self.buyer_id}",)


class EventReceived(Message):
    """Work for `billing-process_stripe_event`: a Stripe event is stored."""

    queue: ClassVar[str] = "billing-process_stripe_event"

    stripe_event_id: str


class _EventData(BaseModel):
    model_config = ConfigDict(defer_build=True)

    object: dict[str, Any]


_LAST_SECOND = 253_402_300_799
"""The last second of the year 9999 in Unix time, the end of the dates that can be stored."""


class StripeEvent(BaseModel):
    """The fields that billing reads of a Stripe snapshot event (docs.stripe.com/api/events/object)."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=255)
    object: str = Field(pattern="^event$")
    type: str = Field(min_length=1, max_length=255)
    api_version: str | None = None
    created: int = Field(ge=0, le=_LAST_SECOND)
    livemode: bool
    data: _EventData


class WebhookAnswer(Schema):
    """The response to Stripe: the event is stored."""

    received: bool = True
