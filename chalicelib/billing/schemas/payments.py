"""Payments and refunds."""

from decimal import Decimal

from pydantic import Field, field_serializer

from chalicelib.billing import money
from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentKind, PaymentStatus, RefundStatus
from chalicelib.kit.schemas import Amount, Input, Moment, PageQuery, Schema


class PaymentRead(Schema):
    """A payment; `description` is its invoice's number, `invoice_url` Stripe's page of it."""

    id: str
    kind: PaymentKind
    status: PaymentStatus
    amount: Amount
    currency: str
    refunded_amount: Amount
    """Gone back in all: by refunds and lost disputes."""
    lost_amount: Amount
    """Of that, by lost disputes."""
    refunding_amount: Amount
    """Asked back, and not decided or not arrived yet."""
    subscription_id: str | None
    item: str | None
    description: str | None
    invoice_url: str | None
    failure_reason: str | None
    dispute: DisputeStatus | None
    """How its disputes stand: `open`, `won`, `lost`; null if there is none."""
    disputed_at: Moment | None
    processed_at: Moment | None
    created_at: Moment

    @field_serializer("amount", "refunded_amount", "lost_amount", "refunding_amount")
    def _with_decimals(self, amount: Decimal) -> Amount:
        return money.padded(amount, self.currency)


class OperatorPaymentRead(PaymentRead):
    """A payment with its owner."""

    owner_type: OwnerType
    owner_id: str


class RefundCreate(Input):
    """What to ask back of a payment; all that is left of it unless an amount is given."""

    amount: Decimal | None = Field(default=None, gt=0, max_digits=18)
    reason: str | None = Field(default=None, max_length=500)


class RefundRead(Schema):
    """A refund, from the request to Stripe's answer."""

    id: str
    payment_transaction_id: str
    amount: Amount
    currency: str
    reason: str | None
    status: RefundStatus
    requested_at: Moment
    processed_at: Moment | None

    @field_serializer("amount")
    def _with_decimals(self, amount: Decimal) -> Amount:
        return money.padded(amount, self.currency)


class RefundQuery(PageQuery):
    """Which refunds to list."""

    status: RefundStatus = RefundStatus.REQUESTED
