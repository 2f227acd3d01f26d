"""Gifts in the API: plans that a member buys for another, who redeems them."""

from pydantic import Field

from chalicelib.billing.enums import GiftStatus
from chalicelib.billing.schemas.checkout import BrowserUrl, CheckoutRead
from chalicelib.kit.schemas import Input, Schema, Timestamp


class GiftCreate(Input):
    """A plan for one of its cycles, for another member or a person without an account."""

    plan: str = Field(min_length=1, max_length=64)
    recipient_email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    message: str | None = Field(default=None, max_length=1000)
    success_url: BrowserUrl
    cancel_url: BrowserUrl


class GiftRedeem(Input):
    """The code that the recipient received. Surrounding spaces and case are ignored."""

    code: str = Field(min_length=1, max_length=64)


class GiftRead(Schema):
    """A gift in its buyer's view."""

    code: str
    plan_name: str
    recipient_email: str
    message: str | None
    status: GiftStatus
    expires_at: Timestamp
    redeemed_at: Timestamp | None
    created_at: Timestamp


class GiftCheckoutRead(Schema):
    """A gift that is pending payment, and its checkout. The code is valid once Stripe reports the payment."""

    gift: GiftRead
    checkout: CheckoutRead
