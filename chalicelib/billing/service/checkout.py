"""Stripe Checkout sessions for plans, add-ons, credits and gifts. Only webhooks deliver what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.billing.catalogue.plans import CREDIT_PACKS, CURRENCY
from chalicelib.billing.domain import discounts, money
from chalicelib.billing.enums import AddonCycle, BillingCycle, OwnerType, PaymentKind
from chalicelib.billing.errors import AlreadySubscribed, InvalidAddon, InvalidCreditPack, InvalidRecipient
from chalicelib.billing.models import Customer, Gift, SubscriptionPlan
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.schemas.checkout import CheckoutCreate
from chalicelib.billing.schemas.discount_codes import CodeCheck, CodeOffer
from chalicelib.billing.schemas.gifts import GiftCreate
from chalicelib.billing.service import (
    addons,
    discount_redemptions,
    gifts,
    lost_subscriptions,
    plan_claims,
    plans,
    sold_credits,
    stalled_subscriptions,
)
from chalicelib.billing.service.customers import call_with_customer
from chalicelib.billing.service.discount_redemptions import PlanPurchase
from chalicelib.billing.service.stalled_subscriptions import PortalSession
from chalicelib.billing.service.sync.purchases import metadata
from chalicelib.billing.stripe_objects.checkout_sessions import StripeCheckoutSession, parse_checkout_session
from chalicelib.integrations.stripe import checkout_sessions
from chalicelib.kit import ids
from chalicelib.kit.errors import Problem
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def start_checkout(
    owner_type: OwnerType, owner_id: str, body: CheckoutCreate, request_key: str | None
) -> StripeCheckoutSession | PortalSession:
    """Create a Stripe Checkout session for a plan, an add-on or credits. The same request key returns the same session.

    A new session for a plan expires the earlier one, so that a plan cannot be bought twice.

    Raises CustomerNotFound if the owner is not registered. Raises InvalidPlan, InvalidAddon or
    InvalidCreditPack if the item is not for sale. Raises AlreadySubscribed if the owner's subscription has not ended,
    AddonActive if the member already has the recurring add-on. Raises InvalidCode if the discount code is not valid.

    If the owner's subscription needs a payment or another plan first, returns a session of the customer portal instead.
    One that has ended at Stripe without an event prevents no purchase.
    """
    customer = customers.get(owner_type, owner_id)
    if body.plan is not None:
        try:
            return _buy_plan(customer, body, request_key)
        except AlreadySubscribed:
            portal = stalled_subscriptions.open_portal(customer, body.cancel_url, request_key)
            if portal is not None:
                return portal
            if not lost_subscriptions.end_lost_subscriptions(customer):
                raise
        return _buy_plan(customers.get(owner_type, owner_id), body, request_key)
    params = _addon(customer, body.addon) if body.addon else _credits(customer, str(body.credit_pack))
    return _open(customer, params, body.success_url, body.cancel_url, request_key)


def start_gift(owner_id: str, body: GiftCreate, request_key: str | None) -> tuple[Gift, StripeCheckoutSession]:
    """Create a pending gift and the Checkout session for its payment.

    Raises CustomerNotFound if the buyer is not registered, InvalidPlan if the plan is not for sale, InvalidRecipient
    if the recipient is the buyer.
    """
    buyer = customers.get(OwnerType.MEMBER, owner_id)
    if body.recipient_email.lower() == buyer.email.lower():
        raise InvalidRecipient(errors=[{"path": "body.recipient_email", "message": "must not be your own address"}])
    plan, _ = plans.choose_plan(body.plan, None, OwnerType.MEMBER)
    gift = gifts.create_gift(buyer, plan, body.recipient_email, body.message, request_key)
    marks = metadata(PaymentKind.GIFT, gift.code, buyer)
    params = _sale(marks, f"A gift: {plan.name}", _price_of(plan, None))
    return gift, _open(buyer, params, body.success_url, body.cancel_url, request_key)


def _open(
    customer: Customer, params: Mapping[str, Any], success_url: str, cancel_url: str, request_key: str | None
) -> StripeCheckoutSession:
    key = f"checkout-{request_key or ids.new()}"
    common = {"client_reference_id": customer.owner_id, "success_url": success_url, "cancel_url": cancel_url}

    def create(customer_id: str) -> dict[str, Any]:
        whole = {"customer": customer_id, **common, **params}
        return checkout_sessions.create_checkout_session(whole, f"{key}-{customer_id}")

    return parse_checkout_session(call_with_customer(customer, create))


def offer(owner_type: OwnerType, owner_id: str, check: CodeCheck) -> CodeOffer:
    """Calculate the discount of a code on a plan.

    Raises InvalidPlan if the plan is not for sale, InvalidCode if the code is not valid for it.
    """
    plan, _ = plans.choose_plan(check.plan, check.billing_cycle, owner_type)
    price = _price_of(plan, check.billing_cycle)
    discount = discount_redemptions.validate(check.code, PlanPurchase(owner_type, owner_id, plan, price))
    return CodeOffer(
        code=discounts.normalize_code(check.code),
        price=money.padded(price, plan.currency),
        discount_amount=money.padded(discount, plan.currency),
        amount_due=money.padded(price - discount, plan.currency),
        currency=plan.currency,
    )


def _buy_plan(customer: Customer, body: CheckoutCreate, request_key: str | None) -> StripeCheckoutSession:
    """Create a Checkout session for a plan.

    Reserves the use of a discount code first, and releases it if Stripe creates no session.
    """
    params, plan = _plan(customer, body)
    if body.code is None:
        return _open_sole(customer, params, body, request_key)
    price = _price_of(plan, body.billing_cycle)
    purchase = PlanPurchase(customer.owner_type, customer.owner_id, plan, price)
    reserved = discount_redemptions.reserve(body.code, purchase, request_key)
    discounted = {
        **params,
        "discounts": [{"promotion_code": reserved.promotion_code_id}],
        "metadata": reserved.metadata,
    }
    try:
        session = _open_sole(customer, discounted, body, request_key)
    except Problem:
        discount_redemptions.give_up(reserved.usage)
        raise
    discount_redemptions.note_session(reserved, session)
    return session


def _open_sole(
    customer: Customer, params: Mapping[str, Any], body: CheckoutCreate, request_key: str | None
) -> StripeCheckoutSession:
    """Create the only open session in which the owner can pay for a plan, and claim the plan with it.

    If the process crashes before the claim is stored, the session's URL was never returned to the buyer.
    """
    session = _open(customer, params, body.success_url, body.cancel_url, request_key)

    def note(unit: UnitOfWork) -> None:
        plan_claims.claim_plan(unit, customers.get(customer.owner_type, customer.owner_id), session.id)

    run_unit_of_work(note)
    return session


def _price_of(plan: SubscriptionPlan, cycle: BillingCycle | None) -> Decimal:
    is_monthly = (cycle or plan.billing_cycle) is BillingCycle.MONTHLY
    return (plan.price_monthly if is_monthly else plan.price_annual) or Decimal(0)


def _plan(customer: Customer, body: CheckoutCreate) -> tuple[dict[str, Any], SubscriptionPlan]:
    plan, price_id = plans.choose_plan(str(body.plan), body.billing_cycle, customer.owner_type)
    earlier = subscriptions.list_by_owner(customer.owner_type, customer.owner_id)
    if any(not subscription.status.is_final for subscription in earlier):
        raise AlreadySubscribed
    params = {
        "mode": "subscription",
        "line_items": [{"price": price_id, "quantity": 1}],
        "subscription_data": _subscription_data(plan, is_first=not earlier),
    }
    return params, plan


def _subscription_data(plan: SubscriptionPlan, is_first: bool) -> dict[str, Any]:
    """Return the `subscription_data` of a session. Only an owner's first subscription has a trial."""
    trial = {"trial_period_days": plan.trial_days} if plan.trial_days and is_first else {}
    return {"metadata": {"plan": plan.id}, **trial}


def _addon(customer: Customer, addon_id: str) -> dict[str, Any]:
    """Return the session parameters of an add-on.

    A recurring add-on has its own subscription, because plans can have other billing cycles. Raises InvalidAddon
    if the add-on is not for sale to this owner, AddonActive if it is recurring and already active.
    """
    if customer.owner_type is not OwnerType.MEMBER:
        raise InvalidAddon(errors=[{"path": "body.addon", "message": "not available for stores"}])
    addon = addons.choose_addon(addon_id)
    addons.check_not_active(customer.owner_id, addon)
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
        raise InvalidCreditPack(errors=[{"path": "body.credit_pack", "message": "no such pack for this account"}])
    marks = metadata(PaymentKind.CREDITS, pack.id, customer) | sold_credits.sign_sale(customer.owner_id, pack)
    return _sale(marks, f"{pack.credits} credits", pack.price)


def _sale(marks: Mapping[str, str], name: str, price: Decimal) -> dict[str, Any]:
    """Return the session parameters of a one-time sale with the metadata `marks`.

    The payment intent has the same metadata as the session, so that its events can be processed independently.
    """
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
