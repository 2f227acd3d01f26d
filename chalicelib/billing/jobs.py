"""Work of billing that nobody waits for."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service import webhooks
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="billing-apply", batch_size=5, name="billing-apply")
@consumes(EventReceived)
def apply(message: EventReceived) -> None:
    """Let one of Stripe's events have its effect."""
    webhooks.apply(message.stripe_event_id)
