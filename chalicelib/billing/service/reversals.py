"""What went back of a payment, as refunds and disputes tell of it, and what it takes along."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chalicelib.billing import refunding, settlements
from chalicelib.billing.book import source_of
from chalicelib.billing.enums import DisputeStatus, PaymentKind, PaymentStatus, RefundStatus
from chalicelib.billing.models import PaymentTransaction, Refund, Subscription
from chalicelib.billing.repository import ledger as ledger_rows
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import refunds
from chalicelib.billing.repository.records import (
    Found,
    addon_keys,
    gift_key,
    head_key,
    own_subscription_key,
    payment_guards,
    refund_key,
)
from chalicelib.billing.schemas.messages import RefundCompleted
from chalicelib.billing.service import addons, gifts, ledger, monthly_grants, payments, subscriptions
from chalicelib.billing.service.effects import Effects, carry_out
from chalicelib.billing.settlements import DisputeView, RefundView
from chalicelib.integrations import stripe
from chalicelib.kit import clock


class PaymentUnknown(Exception):
    """The payment that money goes back of is not on record yet, or not as paid."""


def follow_refunds(intent_id: str | None, charge_id: str | None) -> None:
    """Bring a payment's refunds, and whatever was bought with it, to Stripe's state. Raises PaymentUnknown."""
    carry_out(lambda effects: _follow_refunds(effects, intent_id, charge_id))


def follow_disputes(intent_id: str | None, charge_id: str | None) -> None:
    """Flag a disputed payment and hold what was bought with it; free it, or take it back, when all is decided. Raises
    PaymentUnknown."""
    carry_out(lambda effects: _follow_disputes(effects, intent_id, charge_id))


def _follow_refunds(effects: Effects, intent_id: str | None, charge_id: str | None) -> None:
    found, earlier = _read(intent_id, charge_id)
    views = [settlements.refund(shown) for shown in stripe.refunds(intent_id, charge_id)]
    found.read([*(refund_key(_id_of(view)) for view in views), *monthly_grants.ledger_keys(found, earlier)])
    row = payments.copy(earlier)
    for view in views:
        _settle_refund(effects, found, row, view)
    completed = [view for view in views if view.status is RefundStatus.COMPLETED]
    row.refunded_amount = refunding.refunded(row.amount, (view.amount for view in completed))
    is_full = row.refunded_amount >= row.amount > 0
    row.status = PaymentStatus.REFUNDED if is_full else PaymentStatus.COMPLETED
    if earlier.status is PaymentStatus.REFUNDED and not is_full and row.months:
        row.next_grant_day = f"{clock.now():%Y-%m-%d}"
    ended_at = max((view.created_at for view in completed), default=None)
    _settle_access(effects, found, row, earlier, ended_at if is_full else None)
    _take_along(effects, found, row, earlier)
    payment_rows.stage(effects.transaction, row)


def _follow_disputes(effects: Effects, intent_id: str | None, charge_id: str | None) -> None:
    """A payment can be disputed more than once: one verdict decides nothing while another dispute is open."""
    found, earlier = _read(intent_id, charge_id)
    views = [settlements.dispute(shown) for shown in stripe.disputes(intent_id, charge_id)]
    row = payments.copy(earlier)
    row.dispute = _dispute_status(views)
    row.disputed_at = min((view.created_at for view in views if view.is_open or view.is_lost), default=None)
    _take_along(effects, found, row, earlier)
    payment_rows.stage(effects.transaction, row)


def _read(intent_id: str | None, charge_id: str | None) -> tuple[Found, PaymentTransaction]:
    """The payment and what was bought with it, read before Stripe is asked. The payment is written whatever comes of
    it, over the version that was read: so nothing is written that is older than what it replaces.

    Raises PaymentUnknown, also for a payment that failed at first and is not on record as paid yet: what is told may
    have overtaken the success, and then what it takes along is not given yet.
    """
    found = Found()
    found.read(payment_guards(None, intent_id, charge_id))
    found.read([found.payment_key(None, intent_id, charge_id)])
    row = found.payment(None, intent_id, charge_id)
    if row is None or not payments.is_paid(row):
        raise PaymentUnknown
    book = head_key(row.relationship_id) if row.relationship_id else None
    gift = gift_key(row.item) if row.kind is PaymentKind.GIFT else None
    months = monthly_grants.payment_keys(row)
    found.read([own_subscription_key(row.subscription_id), book, gift, *addon_keys(row), *months])
    return found, row


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
    is_gone = payments.is_gone(row)
    if row.kind is PaymentKind.CREDITS and row.relationship_id:
        _settle_credits(effects, found, row, row.relationship_id)
    monthly_grants.settle_payment(effects, found, row, earlier)
    if payments.is_gone(earlier) is is_gone:
        return
    for addon in found.addons(row):
        addons.reverse(effects, addon, row, is_gone)
    if row.kind is PaymentKind.GIFT:
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


def _dispute_status(views: list[DisputeView]) -> DisputeStatus | None:
    """Of all of a payment's disputes: what one of them took is gone, whatever becomes of the others."""
    if any(view.is_lost for view in views):
        return DisputeStatus.LOST
    return DisputeStatus.OPEN if any(view.is_open for view in views) else None


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
