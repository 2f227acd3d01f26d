"""Months of credits that were paid for ahead: each is granted when it begins, as long as the subscription lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.domain.monthly_grants import MONTHS_PER_STEP, PaidMonth, months_end, paid_plan
from chalicelib.billing.domain.payments import is_kept
from chalicelib.billing.models import PaymentTransaction, Subscription
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.repository.identity_map import IdentityMap, own_subscription_key, owner_key
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.billing.service import monthly_grants, payments
from chalicelib.kit import clock
from chalicelib.kit.batches import Batch
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_LOOK_BACK = timedelta(days=2)
"""Days before the last completed run that are looked at again: a run may have died in between."""


def grant_due_months(now: datetime, since: datetime | None) -> int:
    """Grant every month that began since the last run; return the number of payments that paid for them.

    A payment whose grant fails is left for the next run, and ends no other's.
    """
    batch, day, today = Batch("billing-grant_monthly_credits"), (since or now) - _LOOK_BACK, f"{now:%Y-%m-%d}"
    while day.date() <= now.date():
        due = payment_rows.iterate_to_grant(f"{day:%Y-%m-%d}")
        batch.run(due, partial(_grant_payment, now=now), defer=partial(payment_rows.defer_grant, day=today))
        day += timedelta(days=1)
    return batch.finish()


def _grant_payment(payment_id: str, now: datetime) -> None:
    """Grant all months of a payment that have begun, in steps of MONTHS_PER_STEP, each a transaction of its own."""
    while run_unit_of_work(partial(_grant, payment_id=payment_id, now=now)):
        pass


def _grant(unit: UnitOfWork, payment_id: str, now: datetime) -> bool:
    """Grant one step's months; return whether months that have begun are left."""
    payment = payment_rows.get(payment_id)
    months = [clock.parse(begins_at) for begins_at in payment.months or []]
    if not is_kept(payment) or not any(begins_at <= now for begins_at in months):
        return False
    rows = IdentityMap()
    rows.read([own_subscription_key(payment.subscription_id), *price_lookup.KEYS])
    subscription = rows.subscription_by_id(payment.subscription_id)
    changed = copy_row(payment)
    payment_rows.set_months(changed, [])
    if subscription is not None:
        _grant_begun(unit, rows, changed, _DueMonths(subscription, months, now))
    payments.write_payment(unit, changed)
    return any(clock.parse(begins_at) <= now for begins_at in changed.months or [])


@dataclass(frozen=True, slots=True)
class _DueMonths:
    """The months that a payment waits to grant, some of which have begun by `now`."""

    subscription: Subscription
    months: list[datetime]
    now: datetime


def _grant_begun(unit: UnitOfWork, rows: IdentityMap, payment: PaymentTransaction, due: _DueMonths) -> None:
    """Claim the months that have begun, and schedule the others, unless the subscription no longer covers them."""
    subscription, months, now = due.subscription, due.months, due.now
    owner = owner_key(subscription.owner_type, subscription.owner_id)
    known_as = subscription.stripe_subscription_id or subscription.id
    begun = sorted(begins_at for begins_at in months if begins_at <= now)
    rows.read([owner, *monthly_grants.month_keys(owner, known_as, begun[:MONTHS_PER_STEP])])
    customer = rows.customer(owner)
    others = [row for row in payment_rows.iterate_by_subscription(subscription.id) if row.id != payment.id]
    superseded_at = _superseded_at(payment, subscription, others)
    ends = [at for at in (subscription.ended_at, superseded_at) if at]
    covered = [begins_at for begins_at in months if all(begins_at < at for at in ends)]
    begun = sorted(at for at in covered if at <= now)
    step, later = begun[:MONTHS_PER_STEP], begun[MONTHS_PER_STEP:]
    payment_rows.set_months(payment, [*later, *(at for at in covered if at > now)])
    if customer is None:
        return
    present = None if superseded_at else subscription.plan_name
    plans = {at: _plan(rows.offers, [payment, *others], at, present) or subscription.plan_name for at in step}
    amounts = {name: rows.offers.credits_of(name) for name in plans.values()}
    granted = {} if subscription.is_without_plan else plans
    paid = [PaidMonth(known_as, at, amounts[name], name) for at, name in granted.items() if amounts[name]]
    monthly_grants.claim_months(unit, rows, customer, payment, paid)


def _plan(
    sold: PriceLookup, payments_made: list[PaymentTransaction], begins_at: datetime, present: str | None
) -> str | None:
    """Return the plan that grants a month: the one that was paid when it began, the `present` one if that includes less.

    None if neither is known: payments of earlier versions do not name their plan. The first of the payments is the one
    that is granted; changes to a larger plan are granted by their own payments, those of earlier versions by this one.
    """
    paid = paid_plan(
        begins_at,
        [
            (row.plan_from, row.plan_name)
            for number, row in enumerate(payments_made)
            if (number == 0 or row.replaced_credits is None) and row.plan_from and row.plan_name and is_kept(row)
        ],
    )
    return min((name for name in (paid, present) if name), key=sold.credits_of, default=None)


def _superseded_at(
    payment: PaymentTransaction, subscription: Subscription, others: list[PaymentTransaction]
) -> datetime | None:
    """Return when another billing cycle replaced what the payment paid for, or None.

    The payments show each change, whatever their order of arrival; the subscription's row shows the last one.
    """
    paid_from = payment.months_from or (payment.plan_from if payment.replaced_credits is not None else None)
    beginnings = [row.months_from for row in others]
    return months_end(paid_from, [at for at in (*beginnings, subscription.current_period_start) if at])
