"""Messages that billing sends, and the events that it takes."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
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
