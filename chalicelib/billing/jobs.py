"""Queue consumers and schedules of billing."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service import credits, discount_redemptions, dunning, gifts, grant_schedule, invariants
from chalicelib.billing.service.sync import intake
from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="billing-process_stripe_event", batch_size=5, name="billing-process_stripe_event")
# maximum_concurrency: its reserved concurrency; more batches would be throttled
@consumes(EventReceived, maximum_concurrency=10)
def process_stripe_event(message: EventReceived) -> None:
    """Process one Stripe event."""
    intake.process_event(message.stripe_event_id)


@bp.schedule("rate(1 hour)", name="billing-grant_monthly_credits")
@scheduled("billing-grant_monthly_credits", lease_seconds=300, formerly="billing-grant")
def grant_monthly_credits(run: ScheduledRun) -> None:
    """Grant the months of credits that have begun."""
    grant_schedule.grant_due_months(run.due, run.last_completed)


@bp.schedule("rate(1 hour)", name="billing-expire_credits")
@scheduled("billing-expire_credits", lease_seconds=300, formerly="billing-expire")
def expire_credits(run: ScheduledRun) -> None:
    """Expire credits and gifts, and end the subscriptions of gifts whose period is over."""
    try:
        credits.expire_due_credits(run.due, run.last_completed)
    finally:
        gifts.end_due(run.due, run.last_completed)


@bp.schedule("rate(10 minutes)", name="billing-release_reservations")
@scheduled("billing-release_reservations", lease_seconds=300, formerly="billing-release")
def release_reservations(run: ScheduledRun) -> None:
    """Release the reservations of discount codes whose checkout was abandoned."""
    discount_redemptions.release_lapsed(run.due)


@bp.schedule("rate(10 minutes)", name="billing-check_invariants")
@scheduled("billing-check_invariants", lease_seconds=300, formerly="billing-check")
def check_invariants(run: ScheduledRun) -> None:
    """Queue unfinished events again, and raise an alarm if an invariant between tables is violated."""
    invariants.check(run.due)


@bp.schedule("rate(1 hour)", name="billing-send_dunning_notices")
@scheduled("billing-send_dunning_notices", lease_seconds=300, formerly="billing-remind")
def send_dunning_notices(run: ScheduledRun) -> None:
    """Publish the dunning notices that are due for failed payments."""
    dunning.notify_due(run.due)
