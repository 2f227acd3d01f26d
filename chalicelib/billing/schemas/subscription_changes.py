"""Changes of a running subscription: what they cost, and what is asked for."""

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
    """The change to make."""

    proration_date: TimestampInput | None = Field(
        default=None, description="The preview's, at most ten minutes old: what it showed is then what is charged."
    )


class CancelCreate(Input):
    """When the subscription is to end."""

    at_period_end: bool = Field(default=True, description="False: now. What was paid is not paid back by that.")


class PortalCreate(Input):
    """Where the browser goes from the portal."""

    return_url: BrowserUrl


class PortalRead(Schema):
    """Stripe's page with invoices and means of payment; good for a few minutes, for this customer only."""

    url: str


class ProratedLineRead(Schema):
    """A credit (negative) for the unused time of the old price, or a charge for the new one."""

    kind: LineKind
    amount: Amount
    period_start: Timestamp
    period_end: Timestamp


class ChangePreviewRead(Schema):
    """What the change costs before discounts and taxes (`lines`, `total`); and `amount_due`, which Stripe asks for at
    `due_at` after all of them: at once, or with the next invoice."""

    plan: str
    billing_cycle: BillingCycle
    currency: str
    lines: list[ProratedLineRead]
    total: Amount
    is_billed_now: bool
    amount_due: Amount
    due_at: Timestamp
    proration_date: Timestamp = Field(description="Send it along with the change.")
    period_start: Timestamp
    period_end: Timestamp
