"""Gifts: one member pays once, another has a plan for one period. A gift never renews, so the recipient is never billed."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial

from chalicelib.billing.catalogue.sample import GIFT_LASTS_MONTHS
from chalicelib.billing.domain.credit_ledger import ledger_of
from chalicelib.billing.domain.monthly_grants import PaidMonth, add_months, months_of_period
from chalicelib.billing.domain.payments import is_kept
from chalicelib.billing.enums import BillingCycle, GiftStatus, OwnerType, SubscriptionStatus
from chalicelib.billing.errors import AlreadySubscribed, GiftNotFound, GiftNotRedeemable
from chalicelib.billing.models import Customer, Gift, PaymentTransaction, Subscription, SubscriptionPlan
from chalicelib.billing.repository import customers, gifts, price_lookup, subscriptions
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository.identity_map import IdentityMap, gift_key, owner_key, payment_id_key
from chalicelib.billing.schemas.messages import GiftPaid
from chalicelib.billing.service import credits, monthly_grants, payments, plan_claims
from chalicelib.billing.service.recurring_revenue import publish_no_revenue
from chalicelib.billing.service.subscriptions import publish_subscription
from chalicelib.kit import clock, ids, signing
from chalicelib.kit.batches import Batch
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without letters that look alike. Sixteen of them are 78 bits: a code cannot be guessed."""
_PERIOD = {BillingCycle.MONTHLY: 1, BillingCycle.ANNUAL: 12}


def create_gift(
    buyer: Customer, plan: SubscriptionPlan, recipient_email: str, message: str | None, request_key: str | None
) -> Gift:
    """Create an unpaid gift, or return the gift of the same idempotency key.

    Stripe stores the checkout by that key, and would reject another gift code for it.
    """
    now = clock.now()
    row = Gift(
        code=_code(request_key),
        buyer_id=buyer.owner_id,
        recipient_email=recipient_email.lower(),
        plan_name=plan.id,
        message=message,
        status=GiftStatus.PENDING,
        expires_at=add_months(now, GIFT_LASTS_MONTHS),
        created_at=now,
        updated_at=now,
    )
    earlier = gifts.find(row.code) if request_key else None
    if earlier is not None and _asked_for(earlier) == _asked_for(row):
        return earlier
    if earlier is not None:
        row.code = _code(None)
    gifts.add(row)
    return row


def pay(unit: UnitOfWork, row: Gift | None, payment: PaymentTransaction) -> None:
    """Mark the gift as paid, so that its code can be redeemed. Marking it again changes nothing."""
    if row is None or row.status is GiftStatus.VOIDED:
        return
    if row.status is GiftStatus.PENDING:
        row.status, row.payment_transaction_id = GiftStatus.PAID, payment.id
        gifts.stage_gift(unit.transaction, row, GiftStatus.PENDING)
    if row.status is GiftStatus.PAID:
        unit.publish(
            GiftPaid(
                code=row.code,
                buyer_id=row.buyer_id,
                recipient_email=row.recipient_email,
                plan_name=row.plan_name,
                message=row.message,
                expires_at=row.expires_at,
            )
        )


def void(unit: UnitOfWork, row: Gift | None) -> None:
    """Cancel a gift that was not paid or was refunded; its code is no longer valid. A redeemed gift is not changed."""
    if row is not None and row.status in (GiftStatus.PENDING, GiftStatus.PAID):
        before, row.status = row.status, GiftStatus.VOIDED
        gifts.stage_gift(unit.transaction, row, before)


def restore(unit: UnitOfWork, row: Gift | None) -> None:
    """Make the code of a voided gift valid again after its refund failed."""
    if row is not None and row.status is GiftStatus.VOIDED and row.payment_transaction_id:
        row.status = GiftStatus.PAID
        gifts.stage_gift(unit.transaction, row, GiftStatus.VOIDED)


def abandon(code: str) -> None:
    """Cancel the gift of a checkout that ended unpaid."""
    run_unit_of_work(lambda unit: void(unit, _pending(code)))


def redeem_gift(owner_id: str, code: str) -> Subscription:
    """Start the gift's period for a member. Redeeming the same gift again returns the same subscription.

    Raises GiftNotFound if there is no such gift. Raises GiftNotRedeemable if it is not paid, voided, expired, redeemed by
    another member, or was bought by the member. Raises AlreadySubscribed while a subscription has not ended.
    """
    return run_unit_of_work(lambda unit: _redeem(unit, owner_id, code.strip().upper()))


def list_bought(buyer_id: str, page: PageRequest) -> PageResult[Gift]:
    """Return a page of the gifts that a member bought, newest first."""
    return gifts.list_by_buyer(buyer_id, page)


def end_due(now: datetime, since: datetime | None) -> int:
    """Expire gifts that nobody redeemed, and end the subscriptions of gifts whose period is over; return their number.

    If one fails, the others are still processed. The next run finds a gift by its status, a subscription by the month of
    its end.
    """
    batch = Batch("billing-expire_credits")
    for status in (GiftStatus.PENDING, GiftStatus.PAID):
        due = gifts.iterate_over(status, now)
        batch.run(due, partial(_lapse_gift, was=status, now=now), label=lambda row: str(row.payment_transaction_id))
    for month in credits.months_between(since or now, now):
        given = (row for row in subscriptions.iterate_due(month, now) if row.is_gift)
        batch.run(given, partial(_end_subscription, now=now), label=lambda row: row.id)
    return batch.finish()


def _code(request_key: str | None) -> str:
    """Return the code for an idempotency key, which only our signing key can derive; without a key, a random one."""
    if request_key is None:
        number = secrets.randbits(256)
    else:
        number = int(signing.digest(signing.sign("gift", request_key.encode()).encode()), 16)
    letters = ""
    for _ in range(16):
        number, position = divmod(number, len(_LETTERS))
        letters += _LETTERS[position]
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _asked_for(row: Gift) -> tuple[object, ...]:
    return row.status, row.buyer_id, row.plan_name, row.recipient_email, row.message


def _redeem(unit: UnitOfWork, owner_id: str, code: str) -> Subscription:
    rows = IdentityMap()
    buyer_or_other = owner_key(OwnerType.MEMBER, owner_id)
    rows.read([gift_key(code), buyer_or_other, *price_lookup.KEYS])
    gift, customer = rows.gift(code), rows.customer(buyer_or_other) or customers.get(OwnerType.MEMBER, owner_id)
    if gift is None:
        raise GiftNotFound
    if gift.status is GiftStatus.REDEEMED and gift.recipient_id == owner_id and gift.subscription_id:
        present = subscriptions.get(gift.subscription_id)
        if present is not None:
            _publish_redemption(unit, rows, gift, present)
            return present
    now = clock.now()
    if gift.status is not GiftStatus.PAID or gift.expires_at <= now:
        raise GiftNotRedeemable(f"This gift is {GiftStatus.EXPIRED if gift.expires_at <= now else gift.status}.")
    if gift.buyer_id == owner_id:
        raise GiftNotRedeemable("The buyer of a gift cannot redeem it.")
    if any(not row.status.is_final for row in subscriptions.list_by_owner(OwnerType.MEMBER, owner_id)):
        raise AlreadySubscribed("Redeem the gift when the present subscription has ended.")
    plan = next(plan for plan, _ in rows.offers.plans.values() if plan.id == gift.plan_name)
    rows.read([payment_id_key(gift.payment_transaction_id)])
    payment = rows.payment_by_id(gift.payment_transaction_id)
    row = _subscription(gift, plan, customer, now)
    plan_claims.claim_plan(unit, customer, row.id)
    subscriptions.stage_subscription(unit.transaction, row)
    gift.status, gift.recipient_id, gift.subscription_id, gift.redeemed_at = GiftStatus.REDEEMED, owner_id, row.id, now
    gift.relationship_id = ledger_of(customer)
    gifts.stage_gift(unit.transaction, gift, GiftStatus.PAID)
    if payment is not None:
        _grant(unit, rows, customer, payment, row)
    publish_subscription(unit, row)
    publish_no_revenue(unit, row, now)
    return row


def _publish_redemption(unit: UnitOfWork, rows: IdentityMap, gift: Gift, row: Subscription) -> None:
    """Publish a redeemed gift again, because the first request may have crashed before it published."""
    rows.read([payment_id_key(gift.payment_transaction_id)])
    payment = rows.payment_by_id(gift.payment_transaction_id)
    if payment is not None:
        payments.publish_payment(unit, payment)
    publish_subscription(unit, row)
    publish_no_revenue(unit, row, None)


def _grant(
    unit: UnitOfWork,
    rows: IdentityMap,
    customer: Customer,
    payment: PaymentTransaction,
    row: Subscription,
) -> None:
    """Claim the first month of a redeemed gift for its payment, and schedule the others."""
    credits_per_month = rows.offers.credits_of(row.plan_name)
    changed = copy_row(payment)
    changed.subscription_id, changed.period_end = row.id, row.current_period_end
    first, *later = months_of_period(row.started_at, row.current_period_end or row.started_at)
    if credits_per_month and is_kept(payment):
        month = PaidMonth(row.id, first, credits_per_month, row.plan_name)
        monthly_grants.claim_months(unit, rows, customer, changed, [month])
        payment_rows.set_months(changed, later)
    payments.write_payment(unit, changed)


def _subscription(gift: Gift, plan: SubscriptionPlan, customer: Customer, now: datetime) -> Subscription:
    ends_at = add_months(now, _PERIOD[plan.billing_cycle])
    return Subscription(
        id=ids.time_ordered(),
        owner=subscriptions.owner(OwnerType.MEMBER, customer.owner_id),
        owner_type=OwnerType.MEMBER,
        owner_id=customer.owner_id,
        plan_name=plan.id,
        status=SubscriptionStatus.ACTIVE,
        price_monthly=plan.price_monthly if plan.billing_cycle is BillingCycle.MONTHLY else None,
        price_annual=plan.price_annual if plan.billing_cycle is BillingCycle.ANNUAL else None,
        billing_cycle=plan.billing_cycle,
        currency=plan.currency,
        is_gift=True,
        gifted_by=gift.buyer_id,
        gift_message=gift.message,
        started_at=now,
        current_period_start=now,
        current_period_end=ends_at,
        ended_at=ends_at,
        created_at=now,
    )


def _pending(code: str) -> Gift | None:
    row = gifts.find(code)
    return row if row is not None and row.status is GiftStatus.PENDING else None


def _lapse_gift(gift: Gift, was: GiftStatus, now: datetime) -> None:
    run_unit_of_work(partial(_lapse, code=gift.code, was=was, now=now))


def _lapse(unit: UnitOfWork, code: str, was: GiftStatus, now: datetime) -> None:
    row = gifts.find(code)
    if row is not None and row.status is was and row.expires_at <= now:
        row.status = GiftStatus.EXPIRED
        gifts.stage_gift(unit.transaction, row, was)


def _end_subscription(row: Subscription, now: datetime) -> None:
    run_unit_of_work(partial(_end, subscription_id=row.id, now=now))


def _end(unit: UnitOfWork, subscription_id: str, now: datetime) -> None:
    row = subscriptions.get(subscription_id)
    if row is None or row.status.is_final or not row.current_period_end or row.current_period_end > now:
        return
    row.status = SubscriptionStatus.EXPIRED
    subscriptions.stage_subscription(unit.transaction, row)
    publish_subscription(unit, row)
    publish_no_revenue(unit, row, now)
