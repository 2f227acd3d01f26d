"""Messages that billing sends, and the events that it takes."""

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.billing.enums import BillingCycle, OwnerType, PaymentKind, SubscriptionStatus
from chalicelib.kit import data_subjects
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Schema


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


class _Owned(Message):
    owner_type: OwnerType
    owner_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"{self.owner_type}:{self.owner_id}",)


class _Payment(_Owned):
    """A payment as it is now. At least once; of two with one id the higher version is newer."""

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
    """A payment did not go through; Stripe tries it again, or the owner does."""

    topic: ClassVar[str] = "billing-payment_failed"

    failure_reason: str | None


class RefundCompleted(_Owned):
    """Money has gone back to an owner. At least once per refund."""

    topic: ClassVar[str] = "billing-refund_completed"

    refund_id: str
    payment_id: str
    amount: Decimal
    currency: str


class CreditsChanged(Message):
    """What a ledger holds now. At least once per change; the higher version is newer."""

    topic: ClassVar[str] = "billing-credits_changed"

    relationship_id: str
    balance: int
    suspended: int
    version: int

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.ledger(self.relationship_id),)


class TrialEnding(_Owned):
    """An owner's trial ends in three days, or less where it was shortened."""

    topic: ClassVar[str] = "billing-trial_ending"

    subscription_id: str
    plan_name: str
    trial_ends_at: AwareDatetime


class GiftPaid(Message):
    """A gift can be redeemed with this code; whoever mails it tells the recipient."""

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
    """Work for `billing-process_stripe_event`: an event of Stripe's is on record."""

    queue: ClassVar[str] = "billing-process_stripe_event"

    stripe_event_id: str


class _EventData(BaseModel):
    model_config = ConfigDict(defer_build=True)

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
