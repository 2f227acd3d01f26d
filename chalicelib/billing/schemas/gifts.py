"""Gifts: what is bought for another, and redeemed."""

from pydantic import Field

from chalicelib.billing.enums import GiftStatus
from chalicelib.billing.schemas.checkout import BrowserUrl, CheckoutRead
from chalicelib.kit.schemas import Input, Schema, Timestamp


class GiftCreate(Input):
    """A plan for another member, or for somebody who is none yet, for one of its cycles."""

    plan: str = Field(min_length=1, max_length=64)
    recipient_email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    message: str | None = Field(default=None, max_length=1000)
    success_url: BrowserUrl
    cancel_url: BrowserUrl


class GiftRedeem(Input):
    """The code that the recipient was sent; spaces around it and its case do not count."""

    code: str = Field(min_length=1, max_length=64)


class GiftRead(Schema):
    """A gift, as its buyer sees it."""

    code: str
    plan_name: str
    recipient_email: str
    message: str | None
    status: GiftStatus
    expires_at: Timestamp
    redeemed_at: Timestamp | None
    created_at: Timestamp


class GiftCheckoutRead(Schema):
    """A gift that waits for its payment, and where it is paid. Its code is good once Stripe says that it is."""

    gift: GiftRead
    checkout: CheckoutRead
