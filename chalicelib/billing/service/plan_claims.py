"""Plan claims: an owner has one plan at a time.

The owner's row stores the source of their plan. It is read consistently and written conditionally. The index of
subscriptions is eventually consistent and cannot prevent concurrent purchases.
"""

from __future__ import annotations

from chalicelib.billing.errors import AlreadySubscribed
from chalicelib.billing.models import Customer, Subscription
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.stripe_objects.checkout_sessions import parse_checkout_session
from chalicelib.integrations.stripe import checkout_sessions
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit.unit_of_work import UnitOfWork

_SESSION = "cs_"


def claim_plan(unit: UnitOfWork, customer: Customer, source: str) -> None:
    """Make `source` the source of the owner's plan: a Checkout session, or the subscription of a gift.

    `customer` must be freshly read. An earlier unpaid session is expired at Stripe, so that only one can be paid.
    Raises AlreadySubscribed if the earlier source gave the owner a plan that has not ended.
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
        session = parse_checkout_session(checkout_sessions.retrieve_checkout_session(session_id))
    except StripeObjectNotFound:
        return
    if session.status == "open":
        checkout_sessions.expire_checkout_session(session_id)
    elif session.subscription_id is not None:
        row = subscriptions.find_by_stripe_id(session.subscription_id)
        if row is None:
            raise AlreadySubscribed("The earlier checkout was just paid.")
        _check_ended(row)


def _check_ended(row: Subscription | None) -> None:
    if row is not None and not row.status.is_final:
        raise AlreadySubscribed
