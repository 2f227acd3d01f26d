"""Sync subscriptions from Stripe: load rows, fetch, load the owner, decide, and commit in one transaction.

The decision is `domain.subscriptions.subscription_columns`. An event needs at most two fetches, four read calls and one
transaction (docs/billing-events.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.billing.domain.event_order import Decision, EventContext, decide
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    Key,
    customer_unique_key,
    subscription_key,
    usage_key,
)
from chalicelib.billing.service import discount_redemptions
from chalicelib.billing.service.recurring_revenue import publish_no_revenue
from chalicelib.billing.service.subscriptions import NotOurs, publish_subscription, stage_change
from chalicelib.billing.service.sync.invoices import read_addons, registered_customer, sync_rows
from chalicelib.billing.service.sync.subscription_fetch import SubscriptionSync, fetch_subscription
from chalicelib.billing.stripe_objects.checkout_sessions import StripeCheckoutSession
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscriptionSnapshot
from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def sync_plan_subscription(subscription_id: str) -> Subscription:
    """Sync a plan's subscription from Stripe, return its row, and publish its state even if nothing changed.

    Raises NotOurs if its customer is not registered or it has no known plan, StripeObjectNotFound if Stripe has no such
    subscription.
    """
    row = sync_subscription(subscription_id)
    if row is None:
        raise NotOurs(f"{subscription_id} has only add-ons")
    return row


def sync_subscription(subscription_id: str) -> Subscription | None:
    """Sync a subscription from Stripe and return its row; None if it has only add-ons.

    Raises the same errors as `sync_plan_subscription`.
    """
    return sync_event_subscription(StripeSubscriptionSnapshot(subscription_id, None, None), None)


def sync_event_subscription(snapshot: StripeSubscriptionSnapshot, event: EventContext | None) -> Subscription | None:
    """Sync the subscription of an event and return its row; None if it has only add-ons."""
    return run_unit_of_work(lambda unit: _sync(unit, IdentityMap(), snapshot, event))


def sync_checkout(session: StripeCheckoutSession, event: EventContext | None) -> None:
    """Sync the subscription of a paid checkout, and redeem the use of its discount code."""
    code = session.metadata.get(discount_redemptions.CODE)
    redemption = session.metadata.get(discount_redemptions.REDEMPTION)
    snapshot = StripeSubscriptionSnapshot(str(session.subscription_id), None, None)

    def sync(unit: UnitOfWork) -> None:
        rows = IdentityMap()
        keys = [usage_key(code, redemption) if code and redemption else None, customer_unique_key(session.customer_id)]
        row = _sync(unit, rows, snapshot, event, keys)
        discount_redemptions.redeem_code(unit, rows.usage(code, redemption), session, row.id if row else None)

    run_unit_of_work(sync)


def _sync(
    unit: UnitOfWork,
    rows: IdentityMap,
    snapshot: StripeSubscriptionSnapshot,
    event: EventContext | None,
    others: Iterable[Key | None] = (),
) -> Subscription | None:
    """Sync a subscription within a unit of work; read the rows of the keys `others`, too.

    Rows are read before the fetch from Stripe and written only if unchanged since, so that stale state never replaces
    newer state.
    """
    rows.read([subscription_key(snapshot.id), customer_unique_key(snapshot.customer_id), *price_lookup.KEYS, *others])
    row = rows.subscription(snapshot.id)
    if row is not None and _decide(row, snapshot, event) is Decision.KEEP:
        publish_subscription(unit, row)
        publish_no_revenue(unit, row, row.last_stripe_event_at)
        return row
    read_addons(rows, row, snapshot.customer_id)
    as_of = event.at if event and snapshot.final else clock.now()
    fetched = snapshot.final or fetch_subscription(snapshot.id, row)
    customer = registered_customer(rows, row, fetched.customer_id)
    synced = sync_rows(unit, rows, SubscriptionSync(fetched, row, customer, event, as_of), None)
    if synced is not None:
        stage_change(unit, synced, row)
    return synced


def _decide(row: Subscription, snapshot: StripeSubscriptionSnapshot, event: EventContext | None) -> Decision:
    at = event.at if event else clock.now()
    return decide(snapshot.final is not None, at, row.status, row.last_stripe_event_at)
