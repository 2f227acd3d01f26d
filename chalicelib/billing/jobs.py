"""Work of billing that nobody waits for."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service import codes, dunning, gifts, granting, invariants, ledger, webhooks
from chalicelib.kit.jobs import Run, consumes, scheduled

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="billing-apply", batch_size=5, name="billing-apply")
@consumes(EventReceived)
def apply(message: EventReceived) -> None:
    """Let one of Stripe's events have its effect."""
    webhooks.apply(message.stripe_event_id)


@bp.schedule("rate(1 hour)", name="billing-grant")
@scheduled("billing-grant", lease_seconds=300)
def grant(run: Run) -> None:
    """Grant the months of credits that have begun."""
    granting.grant_due(run.due, run.last_completed)


@bp.schedule("rate(1 hour)", name="billing-expire")
@scheduled("billing-expire", lease_seconds=300)
def expire(run: Run) -> None:
    """Let credits and gifts expire, and end the subscriptions that were given for one period."""
    try:
        ledger.expire_due(run.due, run.last_completed)
    finally:
        gifts.end_due(run.due, run.last_completed)


@bp.schedule("rate(10 minutes)", name="billing-release")
@scheduled("billing-release", lease_seconds=300)
def release(run: Run) -> None:
    """Give back the uses of discount codes whose checkout was given up."""
    codes.release_lapsed(run.due)


@bp.schedule("rate(10 minutes)", name="billing-check")
@scheduled("billing-check", lease_seconds=300)
def check(run: Run) -> None:
    """Handle events that were left lying, and alarm where the books do not add up."""
    invariants.check(run.due)


@bp.schedule("rate(1 hour)", name="billing-remind")
@scheduled("billing-remind", lease_seconds=300)
def remind(run: Run) -> None:
    """Tell of failed payments whose next notice is due."""
    dunning.notify_due(run.due)
