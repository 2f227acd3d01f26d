"""Work of billing that nobody waits for."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service import dunning, webhooks
from chalicelib.kit.jobs import Run, consumes, scheduled

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="billing-apply", batch_size=5, name="billing-apply")
@consumes(EventReceived)
def apply(message: EventReceived) -> None:
    """Let one of Stripe's events have its effect."""
    webhooks.apply(message.stripe_event_id)


@bp.schedule("rate(1 hour)", name="billing-remind")
@scheduled("billing-remind", lease_seconds=300)
def remind(run: Run) -> None:
    """Tell of failed payments whose next notice is due."""
    dunning.notify_due(run.due)
