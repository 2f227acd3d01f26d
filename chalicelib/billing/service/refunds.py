"""Refunds and disputes: what is asked back, what went back, and what it takes with it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chalicelib.billing import money, refunding, settlements
from chalicelib.billing.book import source_of
from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentKind, PaymentStatus, RefundStatus
from chalicelib.billing.errors import NotRefundable, RefundDecided, RefundExceedsPayment
from chalicelib.billing.models import PaymentTransaction, Refund, Subscription
from chalicelib.billing.repository import ledger as ledger_rows
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import refunds
from chalicelib.billing.repository.records import (
    Found,
    Key,
    gift_key,
    head_key,
    own_subscription_key,
    payment_guards,
    refund_key,
    sold_addon_key,
)
from chalicelib.billing.schemas.messages import RefundCompleted
from chalicelib.billing.service import addons, gifts, ledger, payments, subscriptions
from chalicelib.billing.service.effects import Effects, carry_out
from chalicelib.billing.settlements import DisputeView, RefundView
from chalicelib.billing.shapes import StripeObject
from chalicelib.integrations import stripe
from chalicelib.integrations.stripe import StripeRefused
from chalicelib.kit import clock, ids
from chalicelib.kit.pages import PageRequest, Slice


class PaymentUnknown(Exception):
    """The payment that money goes back of is not on record yet, or not as paid."""


def request(
    owner_type: OwnerType, owner_id: str, payment_id: str, amount: Decimal | None, reason: str | None
) -> Refund:
    """Ask for money back: `amount`, or all that is left. Nothing goes back before an operator approves.

    Raises PaymentNotFound (also for another owner's payment), NotRefundable, RefundExceedsPayment.
    """
    return carry_out(lambda effects: _request(effects, owner_type, owner_id, payment_id, amount, reason))


def approve(refund_id: str) -> Refund:
    """Send the money back. Approving again goes on where an attempt before ended. Raises RefundNotFound,
    RefundDecided, and StripeRefused where Stripe will not: the refund has failed then."""
    row = refunds.decide(refund_id, RefundStatus.APPROVED)
    payment = payment_rows.get(row.payment_transaction_id)
    amount = money.to_minor(row.amount, row.currency)
    intent_id, charge_id = payment.stripe_payment_intent_id, payment.stripe_charge_id
    try:
        stripe.create_refund(intent_id, charge_id, amount, {"refund_id": row.id}, f"refund-{row.id}")
    except StripeRefused:
        carry_out(lambda effects: _close(effects, row.id, RefundStatus.FAILED))
        raise
    follow_refunds(intent_id, charge_id)
    return refunds.get(refund_id)


def reject(refund_id: str) -> Refund:
    """Decline a request. Raises RefundNotFound, RefundDecided."""
    return carry_out(lambda effects: _close(effects, refund_id, RefundStatus.REJECTED))


def list_by_status(status: RefundStatus, page: PageRequest) -> Slice[Refund]:
    """Refunds of one status, oldest first."""
    return refunds.list_by_status(status, page)


def list_of(owner_type: OwnerType, owner_id: str, payment_id: str) -> list[Refund]:
    """The refunds of one of the owner's payments. Raises PaymentNotFound."""
    return refunds.list_by_payment(payments.get(owner_type, owner_id, payment_id).id)


def follow_refunds(intent_id: str | None, charge_id: str | None) -> None:
    """Bring a payment's refunds, and whatever was bought with it, to Stripe's state. Raises PaymentUnknown."""
    carry_out(lambda effects: _follow_refunds(effects, intent_id, charge_id))


def follow_dispute(shown: StripeObject) -> None:
    """Flag a disputed payment and hold what was bought with it; free it, or take it back, when it is decided."""
    carry_out(lambda effects: _follow_dispute(effects, shown))


def _request(
    effects: Effects,
    owner_type: OwnerType,
    owner_id: str,
    payment_id: str,
    amount: Decimal | None,
    reason: str | None,
) -> Refund:
    payment = payments.get(owner_type, owner_id, payment_id)
    if payment.status is not PaymentStatus.COMPLETED or not payment.amount:
        raise NotRefundable("Only a payment that was completed can be refunded.")
    rest = refunding.refundable(payment.amount, payment.refunded_amount, payment.refunding_amount)
    wanted = rest if amount is None else amount
    if not Decimal(0) < wanted <= rest:
        message = f"at most {money.padded(rest, payment.currency)} {payment.currency} can be asked back"
        raise RefundExceedsPayment(errors=[{"path": "body.amount", "message": message}])
    try:
        money.to_minor(wanted, payment.currency)
    except ValueError as error:
        raise RefundExceedsPayment(errors=[{"path": "body.amount", "message": str(error)}]) from error
    now = clock.now()
    row = Refund(
        id=ids.time_ordered(),
        payment_transaction_id=payment.id,
        user_id=owner_id,
        owner_type=owner_type,
        amount=wanted,
        currency=payment.currency,
        reason=reason,
        status=RefundStatus.REQUESTED,
        requested_at=now,
        created_at=now,
        updated_at=now,
    )
    payment.refunding_amount += wanted
    payment_rows.stage(effects.transaction, payment)
    refunds.stage(effects.transaction, row, None)
    return row


def _close(effects: Effects, refund_id: str, status: RefundStatus) -> Refund:
    """End a refund that Stripe does not know of, and set its amount free."""
    found = refunds.get(refund_id)
    if found.status is status:
        return found
    if found.status not in (RefundStatus.REQUESTED, RefundStatus.APPROVED):
        raise RefundDecided(f"It is {found.status}.")
    if status is RefundStatus.REJECTED and found.status is RefundStatus.APPROVED:
        raise RefundDecided("It is approved.")
    payment = payment_rows.get(found.payment_transaction_id)
    payment.refunding_amount -= found.amount
    payment_rows.stage(effects.transaction, payment)
    row = refunds.copy(found)
    row.status, row.processed_at = status, clock.now()
    refunds.stage(effects.transaction, row, found)
    return row


def _follow_refunds(effects: Effects, intent_id: str | None, charge_id: str | None) -> None:
    found = Found()
    payment_key = _payment_key(found, intent_id, charge_id)
    views = [settlements.refund(shown) for shown in stripe.refunds(intent_id, charge_id)]
    found.read([payment_key, *(refund_key(_id_of(view)) for view in views)])
    earlier = _paid(found, intent_id, charge_id)
    row = payments.copy(earlier)
    for view in views:
        _settle_refund(effects, found, row, view)
    completed = [view for view in views if view.status is RefundStatus.COMPLETED]
    row.refunded_amount = refunding.refunded(row.amount, (view.amount for view in completed))
    is_full = row.refunded_amount >= row.amount > 0
    row.status = PaymentStatus.REFUNDED if is_full else PaymentStatus.COMPLETED
    if earlier.status is PaymentStatus.REFUNDED and not is_full and row.months:
        row.next_grant_day = f"{clock.now():%Y-%m-%d}"
    _take_along(effects, found, row, earlier)
    ended_at = max((view.created_at for view in completed), default=None)
    _settle_access(effects, found, row, earlier, ended_at if is_full else None)
    _write(effects, row, earlier)


def _follow_dispute(effects: Effects, shown: StripeObject) -> None:
    view = settlements.dispute(shown)
    found = Found()
    payment_key = _payment_key(found, view.intent_id, view.charge_id)
    if view.is_open:
        view = settlements.dispute(stripe.dispute(view.id))
    found.read([payment_key])
    earlier = _paid(found, view.intent_id, view.charge_id)
    row = payments.copy(earlier)
    row.dispute = _dispute_status(view)
    row.disputed_at = settlements.disputed_at(view)
    _take_along(effects, found, row, earlier)
    _write(effects, row, earlier)


def _payment_key(found: Found, intent_id: str | None, charge_id: str | None) -> Key:
    found.read(payment_guards(None, intent_id, charge_id))
    key = found.payment_key(None, intent_id, charge_id)
    if key is None:
        raise PaymentUnknown
    return key


def _paid(found: Found, intent_id: str | None, charge_id: str | None) -> PaymentTransaction:
    """The payment, once it is on record as paid: of one that failed at first, what is told may have overtaken the
    success, and then what it takes along is not given yet. Raises PaymentUnknown."""
    row = found.payment(None, intent_id, charge_id)
    if row is None or row.status not in (PaymentStatus.COMPLETED, PaymentStatus.REFUNDED):
        raise PaymentUnknown
    return row


def _settle_refund(effects: Effects, found: Found, payment: PaymentTransaction, view: RefundView) -> None:
    earlier = found.refund(_id_of(view))
    row = refunds.copy(earlier) if earlier else _new(payment, view)
    if not (earlier and earlier.status is RefundStatus.COMPLETED and view.status.is_open):
        row.status = view.status
    row.stripe_refund_id, row.amount = view.id, view.amount
    if row.status.is_open:
        row.processed_at = None
    elif earlier is None or earlier.status is not row.status:
        row.processed_at = clock.now()
    was_open = earlier.amount if earlier and earlier.status.is_open else Decimal(0)
    payment.refunding_amount += (row.amount if row.status.is_open else Decimal(0)) - was_open
    if earlier is None or refunds.differ(row, earlier):
        refunds.stage(effects.transaction, row, earlier)
    if row.status is RefundStatus.COMPLETED:
        effects.tell(
            RefundCompleted(
                owner_type=payment.owner_type,
                owner_id=payment.owner_id,
                refund_id=row.id,
                payment_id=payment.id,
                amount=row.amount,
                currency=row.currency,
            )
        )


def _settle_access(
    effects: Effects, found: Found, row: PaymentTransaction, earlier: PaymentTransaction, ended_at: datetime | None
) -> None:
    """End the access that was paid for when all of the money has gone back (`ended_at`), give it again when it has not
    gone after all. A dispute changes no access, and so none that a refund has ended."""
    key = own_subscription_key(row.subscription_id)
    subscription = found.rows.get(key) if key else None
    if isinstance(subscription, Subscription) and PaymentStatus.REFUNDED in (row.status, earlier.status):
        subscriptions.paid_back(effects, subscription, row.period_end, ended_at)


def _take_along(effects: Effects, found: Found, row: PaymentTransaction, earlier: PaymentTransaction) -> None:
    """What was bought and goes with the money, or comes back with it: credits, add-ons, gifts."""
    book = head_key(row.relationship_id) if row.relationship_id else None
    given = {PaymentKind.GIFT: gift_key(row.item), PaymentKind.ADDON: sold_addon_key(row)}
    found.read([own_subscription_key(row.subscription_id), book, given.get(row.kind)])
    is_gone = payments.is_gone(row)
    if row.kind is PaymentKind.CREDITS and row.relationship_id:
        _settle_credits(effects, found, row, row.relationship_id)
    if payments.is_gone(earlier) is is_gone:
        return
    if row.kind is PaymentKind.ADDON:
        addons.reverse(effects, found.sold_addon(row), is_gone)
    elif row.kind is PaymentKind.GIFT:
        change = gifts.void if is_gone else gifts.restore
        change(effects, found.gift(str(row.item)))


def _settle_credits(effects: Effects, found: Found, row: PaymentTransaction, relationship_id: str) -> None:
    """Hold the bought credits while a dispute is open; take back as many as the money that went back had bought: in
    the ledger that they were entered in, whoever the buyer shares credits with by now."""
    head = found.head(relationship_id)
    book = ledger_rows.opened(head)
    book.suspend(row.id, row.dispute is DisputeStatus.OPEN)
    lost = row.dispute is DisputeStatus.LOST
    due = row.credits if lost else refunding.credits_due(row.credits, row.amount, row.refunded_amount)
    key = source_of("refund", row.id, str(row.version))
    if due > row.credits_taken:
        book.take_back(row.id, due - row.credits_taken, key, "refunded", row.id)
    elif due < row.credits_taken:
        book.give_back(row.id, row.credits_taken - due, key, "the refund failed", row.id)
    row.credits_taken = due
    ledger.close(effects, head, book)


def _write(effects: Effects, row: PaymentTransaction, earlier: PaymentTransaction) -> None:
    if payments.differ(row, earlier):
        payment_rows.stage(effects.transaction, row)


def _dispute_status(view: DisputeView) -> DisputeStatus | None:
    if view.is_open:
        return DisputeStatus.OPEN
    return DisputeStatus.LOST if view.is_lost else None


def _id_of(view: RefundView) -> str:
    return view.request_id or refunds.id_of(view.id)


def _new(payment: PaymentTransaction, view: RefundView) -> Refund:
    """A refund that was made at Stripe, not asked for here."""
    return Refund(
        id=refunds.id_of(view.id),
        payment_transaction_id=payment.id,
        user_id=payment.owner_id,
        owner_type=payment.owner_type,
        amount=view.amount,
        currency=view.currency,
        reason=view.reason,
        status=view.status,
        requested_at=view.created_at,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
