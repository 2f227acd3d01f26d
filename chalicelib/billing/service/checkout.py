"""Checkout: where a buyer pays, on Stripe's page. What they get is decided by webhooks alone."""

from __future__ import annotations

from typing import Any

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import AlreadySubscribed
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.schemas.shop import CheckoutCreate
from chalicelib.billing.service import plans
from chalicelib.billing.service.customers import ensure_stripe_customer
from chalicelib.integrations import stripe
from chalicelib.kit import ids


def start_checkout(
    owner_type: OwnerType, owner_id: str, order: CheckoutCreate, idempotency_key: str | None
) -> stripe.Json:
    """A Checkout session of Stripe's; the same key gives the same one.

    Raises CustomerUnknown, PlanUnavailable, and AlreadySubscribed while a subscription has not ended: that one is
    changed, not bought twice.
    """
    customer = customers.get(owner_type, owner_id)
    plan, price_id = plans.choose(order.plan, order.billing_cycle, owner_type)
    earlier = subscriptions.list_by_owner(owner_type, owner_id)
    if any(not subscription.status.is_final for subscription in earlier):
        raise AlreadySubscribed
    params = {
        "mode": "subscription",
        "customer": ensure_stripe_customer(customer),
        "client_reference_id": owner_id,
        "line_items": [{"price": price_id, "quantity": 1}],
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "subscription_data": _subscription_data(plan, is_first=not earlier),
    }
    return stripe.create_checkout_session(params, f"checkout-{idempotency_key or ids.new()}")


def _subscription_data(plan: SubscriptionPlan, is_first: bool) -> dict[str, Any]:
    """A trial is for those who never subscribed."""
    trial = {"trial_period_days": plan.trial_days} if plan.trial_days and is_first else {}
    return {"metadata": {"plan": plan.id}, **trial}
