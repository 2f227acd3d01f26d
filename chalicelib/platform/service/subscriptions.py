"""Plans of the stores, kept as billing reports them, so that a call reads nothing of billing."""

from __future__ import annotations

from typing import Any

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.kit import clock, logs
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.subscriptions import (
    SubscriptionState,
    current_plan,
    latest_subscription,
    merge_subscription,
)
from chalicelib.platform.enums import StorePlan, StoreSubscriptionStatus
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import stores

log = logs.logger("platform")


def apply_message(message: SubscriptionChanged) -> None:
    """Apply a message of billing about a store's subscription. Messages may be repeated, late and in any order."""
    if message.owner_type is not OwnerType.STORE:
        return

    def decide(unit: UnitOfWork) -> None:
        try:
            row = stores.get_store(message.owner_id)
        except StoreNotFound:
            log.info("subscription ignored: the store does not exist")
            return
        columns = _changed_columns(row, message)
        if columns:
            stores.stage_columns(unit.transaction, row, columns)

    run_unit_of_work(decide)


def end_subscription(store_id: str) -> None:
    """End the subscription of a store that is being deleted; do nothing if the deletion was undone since.

    Idempotent.
    """
    try:
        row = stores.get_store(store_id)
    except StoreNotFound:
        return
    if row.deletion_due_at is not None:
        billing.leave(OwnerType.STORE, store_id)


def _changed_columns(row: Store, message: SubscriptionChanged) -> dict[str, Any]:
    """Return the columns that the message changes; none if the row has a later or the same state."""
    now = clock.now()
    merged = merge_subscription(row.subscriptions, _state(message), now)
    if merged is row.subscriptions:
        return {}
    plan = current_plan(merged, billing.store_plan_limits(StorePlan.FREE), now)
    columns = {
        "subscriptions": merged,
        "subscription_plan": plan.subscription_plan,
        "subscription_status": plan.subscription_status,
        "access_until": plan.access_until,
        "limits": dict(plan.limits),
    }
    if row.subscription_plan is StorePlan.FREE and plan.subscription_plan is not StorePlan.FREE:
        columns["subscription_started_at"] = message.occurred_at
    if plan.subscription_status is not StoreSubscriptionStatus.TRIAL:
        columns["trial_ends_at"] = None
    elif latest_subscription(merged) == message.subscription_id:
        columns["trial_ends_at"] = message.current_period_end  # Stripe: a trial is the first period
    return columns


def _state(message: SubscriptionChanged) -> SubscriptionState:
    return SubscriptionState(
        message.subscription_id,
        message.version,
        message.plan_name,
        message.status,
        message.access_until,
        message.limits,
    )
