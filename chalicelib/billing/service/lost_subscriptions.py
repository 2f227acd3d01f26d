"""Lost subscriptions: they have ended at Stripe, or Stripe no longer has them, and no event said so.

Stripe cancels the subscriptions of a customer that is deleted. If the events are lost, our rows stay active.
"""

from __future__ import annotations

from functools import partial

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Customer
from chalicelib.billing.repository import subscriptions
from chalicelib.billing.service.recurring_revenue import publish_no_revenue
from chalicelib.billing.service.subscriptions import NotOurs, stage_change
from chalicelib.billing.service.sync.subscriptions import sync_subscription
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import clock, logs
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

log = logs.logger("billing")


def end_lost_subscriptions(customer: Customer) -> bool:
    """Sync the owner's subscriptions that have not ended; end those that Stripe does not have.

    Returns whether there were any and all of them have ended by now. A gift has no subscription at Stripe and is kept.
    """
    rows = subscriptions.list_by_owner(customer.owner_type, customer.owner_id)
    endings = [_has_ended(row.id, row.stripe_subscription_id) for row in rows if not row.status.is_final]
    return bool(endings) and all(endings)


def _has_ended(subscription_id: str, stripe_id: str | None) -> bool:
    """Return whether a subscription has ended at Stripe; bring its row to that state."""
    if stripe_id is None:
        return False
    try:
        synced = sync_subscription(stripe_id)
    except NotOurs:
        return False
    except StripeObjectNotFound:
        run_unit_of_work(partial(_end, subscription_id=subscription_id))
        return True
    return synced is not None and synced.status.is_final


def _end(unit: UnitOfWork, subscription_id: str) -> None:
    row = subscriptions.get(subscription_id)
    if row is None or row.status.is_final:
        return
    now = clock.now()
    ended = copy_row(
        row, {"status": SubscriptionStatus.CANCELED, "ended_at": now, "cancelled_at": row.cancelled_at or now}
    )
    log.warning("subscription ended: Stripe does not have it", extra={"subscription": subscription_id})
    stage_change(unit, ended, row)
    publish_no_revenue(unit, ended, now)
