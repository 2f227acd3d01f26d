"""One plan at a time: what gives an owner their plan is noted on their own row, which is read consistently and written
on condition. The index of their subscriptions may be a moment behind, and nothing there holds two who come at once."""

from __future__ import annotations

from chalicelib.billing.errors import AlreadySubscribed
from chalicelib.billing.models import Customer, Subscription
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.stripe_objects import payment_intents
from chalicelib.integrations import stripe
from chalicelib.integrations.stripe import ObjectMissing
from chalicelib.kit.unit_of_work import UnitOfWork

_SESSION = "cs_"


def claim_plan(unit: UnitOfWork, customer: Customer, source: str) -> None:
    """Let `source` be what gives the owner their plan: a Checkout session, or the subscription of a gift.

    `customer` as just read. An earlier session that nobody has paid is ended at Stripe, so that only one can be.
    Raises AlreadySubscribed where the earlier source has given them a plan that has not ended.
    """
    before = customer.plan_source
    if before == source:
        return
    if before is not None and before.startswith(_SESSION):
        _end_session(before)
    elif before is not None:
        _check_ended(subscriptions.get(before))
    customers.take_plan_source(unit.transaction, customer, source)


def _end_session(session_id: str) -> None:
    try:
        view = payment_intents.session(stripe.checkout_session(session_id))
    except ObjectMissing:
        return
    if view.status == "open":
        stripe.expire_checkout_session(session_id)
    elif view.subscription_id is not None:
        row = subscriptions.find_by_stripe_id(view.subscription_id)
        if row is None:
            raise AlreadySubscribed("It was paid for a moment ago.")
        _check_ended(row)


def _check_ended(row: Subscription | None) -> None:
    if row is not None and not row.status.is_final:
        raise AlreadySubscribed
