"""One plan at a time: what gives an owner their plan is noted on their own row, which is read consistently and written
on condition. The index of their subscriptions may be a moment behind, and nothing there holds two who come at once."""

from __future__ import annotations

from chalicelib.billing.errors import AlreadySubscribed
from chalicelib.billing.models import Customer
from chalicelib.billing.repository import customers, subscriptions
from chalicelib.billing.service.effects import Effects


def take(effects: Effects, customer: Customer, source: str) -> None:
    """Let `source` (the id of a gift's subscription) be what gives the owner their plan.

    `customer` as just read. Raises AlreadySubscribed where an earlier one gives it still.
    """
    if customer.plan_source == source:
        return
    if customer.plan_source is not None:
        _end(customer.plan_source)
    customers.take_plan_source(effects.transaction, customer, source)


def _end(source: str) -> None:
    row = subscriptions.get(source)
    if row is not None and not row.status.is_final:
        raise AlreadySubscribed
