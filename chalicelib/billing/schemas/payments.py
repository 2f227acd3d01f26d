"""Payments and refunds in the API."""

from decimal import Decimal

from pydantic import Field, field_serializer

from chalicelib.billing.domain import money
from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentKind, PaymentStatus, RefundStatus
from chalicelib.kit.schemas import Amount, Input, PageQuery, Schema, Timestamp


class PaymentRead(Schema):
    """A payment. `description` is the number of its invoice, `invoice_url` Stripe's page of the invoice."""

    id: str
    kind: PaymentKind
    status: PaymentStatus
    amount: Amount
    currency: str
    refunded_amount: Amount
    """The total returned by refunds and lost disputes."""
    lost_amount: Amount
    """The part of `refunded_amount` returned by lost disputes."""
    refunding_amount: Amount
    """The amount of refunds that are requested and not yet decided or completed."""
    subscription_id: str | None
    item: str | None
    description: str | None
    invoice_url: str | None
    failure_reason: str | None
    dispute: DisputeStatus | None
    """The state of the payment's disputes: `open`, `won` or `lost`; null if there are none."""
    disputed_at: Timestamp | None
    processed_at: Timestamp | None
    created_at: Timestamp

    @field_serializer("amount", "refunded_amount", "lost_amount", "refunding_amount")
    def _with_decimals(self, amount: Decimal) -> Amount:
        return money.padded(amount, self.currency)


class OperatorPaymentRead(PaymentRead):
    """A payment with its owner."""

    owner_type: OwnerType
    owner_id: str


class RefundCreate(Input):
    """A refund request. The default amount is the rest of the payment."""

    amount: Decimal | None = Field(default=None, gt=0, max_digits=18)
    reason: str | None = Field(default=None, max_length=500)


class RefundRead(Schema):
    """A refund, from the request to Stripe's result."""

    id: str
    payment_transaction_id: str
    amount: Amount
    currency: str
    reason: str | None
    status: RefundStatus
    requested_at: Timestamp
    processed_at: Timestamp | None

    @field_serializer("amount")
    def _with_decimals(self, amount: Decimal) -> Amount:
        return money.padded(amount, self.currency)


class RefundQuery(PageQuery):
    """The status of the refunds to list."""

    status: RefundStatus = RefundStatus.REQUESTED
