"""Checkout: where a buyer pays, on Stripe's page. What they get is decided by webhooks alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.billing import money
from chalicelib.billing.catalogue import CREDIT_PACKS, CURRENCY
from chalicelib.billing.enums import AddonCycle, BillingCycle, OwnerType, PaymentKind
from chalicelib.billing.errors import AddonUnavailable, AlreadySubscribed, CreditPackUnknown
from chalicelib.billing.models import Customer, Gift, SubscriptionPlan
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.schemas.gifts import GiftCreate
from chalicelib.billing.schemas.shop import CheckoutCreate
from chalicelib.billing.service import addons, gifts, plans
from chalicelib.billing.service.customers import ensure_stripe_customer
from chalicelib.billing.service.purchases import metadata
from chalicelib.integrations import stripe
from chalicelib.kit import ids


def start_checkout(owner_type: OwnerType, owner_id: str, order: CheckoutCreate, request_key: str | None) -> stripe.Json:
    """A Checkout session of Stripe's for a plan, an add-on or credits; the same key gives the same one.

    Raises CustomerUnknown; PlanUnavailable, AddonUnavailable or CreditPackUnknown; and AlreadySubscribed where a plan's
    subscription has not ended: that one is changed, not bought twice.
    """
    customer = customers.get(owner_type, owner_id)
    if order.plan is not None:
        params = _plan(customer, order)
    elif order.addon is not None:
        params = _addon(customer, order.addon)
    else:
        params = _credits(customer, str(order.credit_pack))
    return _open(customer, params, order.success_url, order.cancel_url, request_key)


def start_gift(owner_id: str, order: GiftCreate, request_key: str | None) -> tuple[Gift, stripe.Json]:
    """A gift that waits for its payment, and the session where it is paid. Raises CustomerUnknown, PlanUnavailable."""
    buyer = customers.get(OwnerType.MEMBER, owner_id)
    plan, _ = plans.choose(order.plan, None, OwnerType.MEMBER)
    gift = gifts.begin(buyer, plan, order.recipient_email, order.message)
    price = plan.price_monthly if plan.billing_cycle is BillingCycle.MONTHLY else plan.price_annual
    params = _sale(buyer, PaymentKind.GIFT, gift.code, f"A gift: {plan.name}", price or Decimal(0))
    return gift, _open(buyer, params, order.success_url, order.cancel_url, request_key)


def _open(
    customer: Customer, params: Mapping[str, Any], success_url: str, cancel_url: str, request_key: str | None
) -> stripe.Json:
    whole = {
        "customer": ensure_stripe_customer(customer),
        "client_reference_id": customer.owner_id,
        "success_url": success_url,
        "cancel_url": cancel_url,
        **params,
    }
    return stripe.create_checkout_session(whole, f"checkout-{request_key or ids.new()}")


def _plan(customer: Customer, order: CheckoutCreate) -> dict[str, Any]:
    plan, price_id = plans.choose(str(order.plan), order.billing_cycle, customer.owner_type)
    earlier = subscriptions.list_by_owner(customer.owner_type, customer.owner_id)
    if any(not subscription.status.is_final for subscription in earlier):
        raise AlreadySubscribed
    return {
        "mode": "subscription",
        "line_items": [{"price": price_id, "quantity": 1}],
        "subscription_data": _subscription_data(plan, is_first=not earlier),
    }


def _subscription_data(plan: SubscriptionPlan, is_first: bool) -> dict[str, Any]:
    """A trial is for those who never subscribed."""
    trial = {"trial_period_days": plan.trial_days} if plan.trial_days and is_first else {}
    return {"metadata": {"plan": plan.id}, **trial}


def _addon(customer: Customer, addon_id: str) -> dict[str, Any]:
    """A recurring add-on is a subscription of its own: plans bill by other cycles."""
    if customer.owner_type is not OwnerType.MEMBER:
        raise AddonUnavailable(errors=[{"path": "body.addon", "message": "stores have no add-ons"}])
    addon = addons.choose(addon_id)
    line_items = [{"price": addon.stripe_price_id, "quantity": 1}]
    if addon.billing_cycle is AddonCycle.ONE_TIME:
        marks = metadata(PaymentKind.ADDON, addon.id, customer)
        return {
            "mode": "payment",
            "line_items": line_items,
            "metadata": marks,
            "payment_intent_data": {"metadata": marks},
        }
    return {
        "mode": "subscription",
        "line_items": line_items,
        "subscription_data": {"metadata": {"addon": addon.id}},
    }


def _credits(customer: Customer, pack_id: str) -> dict[str, Any]:
    pack = CREDIT_PACKS.get(pack_id)
    if pack is None or customer.owner_type is not OwnerType.MEMBER:
        raise CreditPackUnknown(errors=[{"path": "body.credit_pack", "message": "no such pack for this account"}])
    return _sale(customer, PaymentKind.CREDITS, pack.id, f"{pack.credits} credits", pack.price)


def _sale(customer: Customer, kind: PaymentKind, item: str, name: str, price: Decimal) -> dict[str, Any]:
    """Something that is sold once; its marks stand on the payment too, which tells of itself."""
    marks = metadata(kind, item, customer)
    price_data = {
        "currency": CURRENCY.lower(),
        "unit_amount": money.to_minor(price, CURRENCY),
        "product_data": {"name": name},
    }
    return {
        "mode": "payment",
        "line_items": [{"price_data": price_data, "quantity": 1}],
        "metadata": marks,
        "payment_intent_data": {"metadata": marks, "description": name},
    }
