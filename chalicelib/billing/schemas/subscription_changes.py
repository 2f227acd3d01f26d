"""Changes of a running subscription: requests and previews of their cost."""

from pydantic import Field

from chalicelib.billing.domain.proration import LineKind
from chalicelib.billing.enums import BillingCycle
from chalicelib.billing.schemas.checkout import BrowserUrl
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp, TimestampInput


class ChangePreviewCreate(Input):
    """A plan to change to."""

    plan: str = Field(min_length=1, max_length=64)
    billing_cycle: BillingCycle


class ChangeCreate(ChangePreviewCreate):
    """The plan change to make."""

    proration_date: TimestampInput | None = Field(
        default=None,
        description="The preview's `proration_date`, at most ten minutes old; the charge then equals the preview.",
    )


class CancelCreate(Input):
    """The time at which to cancel the subscription."""

    at_period_end: bool = Field(default=True, description="False: cancel now, without a refund.")


class PortalCreate(Input):
    """The URL to which the browser returns from the customer portal."""

    return_url: BrowserUrl


class PortalRead(Schema):
    """A session of the Stripe customer portal, with invoices and payment methods.

    The URL is valid for a few minutes and for this customer only.
    """

    url: str


class ProratedLineRead(Schema):
    """A credit (negative) for the unused time of the old price, or a charge for the new price."""

    kind: LineKind
    amount: Amount
    period_start: Timestamp
    period_end: Timestamp


class ChangePreviewRead(Schema):
    """The cost of a plan change.

    `lines` and `total` are before discounts and taxes. `amount_due` is after both; Stripe charges it at `due_at`, which
    is at once or with the next invoice.
    """

    plan: str
    billing_cycle: BillingCycle
    currency: str
    lines: list[ProratedLineRead]
    total: Amount
    is_billed_now: bool
    amount_due: Amount
    due_at: Timestamp
    proration_date: Timestamp = Field(description="Send this value with the change.")
    period_start: Timestamp
    period_end: Timestamp
