"""Redemptions of discount codes: a use is reserved at checkout, redeemed when it is paid, and released if it is not.

Our tables count the uses and hold the limits, which can change. The coupon and promotion code at Stripe lower the price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.billing.domain import discounts
from chalicelib.billing.enums import OwnerType, RedemptionStatus
from chalicelib.billing.errors import InvalidCode
from chalicelib.billing.models import DiscountCode, DiscountUsage, SubscriptionPlan
from chalicelib.billing.repository import discount_codes
from chalicelib.billing.stripe_objects.checkout_sessions import StripeCheckoutSession, parse_checkout_session
from chalicelib.integrations.stripe import checkout_sessions
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import clock, logs
from chalicelib.kit.batches import Batch
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

CODE, REDEMPTION = "discount_code", "discount_redemption"
"""The keys in a Checkout session's metadata that name the use."""
UNTIL_SESSION = timedelta(minutes=10)
"""How long a use is reserved until its Checkout session exists, which lasts longer."""
MARGIN = timedelta(hours=1)
"""How long a use stays reserved after its session has expired, so that its event can arrive."""

log = logs.logger("billing")


@dataclass(frozen=True, slots=True)
class PlanPurchase:
    """A purchase of a plan by an owner, at a price before the discount."""

    owner_type: OwnerType
    owner_id: str
    plan: SubscriptionPlan
    price: Decimal


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reserved use of a code, and the promotion code that applies its discount at Stripe."""

    usage: DiscountUsage
    promotion_code_id: str

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that names the use at Stripe."""
        return {CODE: self.usage.code, REDEMPTION: self.usage.redemption}


def validate(code: str, purchase: PlanPurchase) -> Decimal:
    """Return the code's discount on the plan's price without reserving a use. Raises InvalidCode with the reason."""
    row = _usable(code, purchase.plan)
    _free(row, purchase)
    return _discount(row, purchase)


def reserve(code: str, purchase: PlanPurchase, request_key: str | None = None) -> Reservation:
    """Reserve a use of the code for a checkout. Raises InvalidCode with the reason.

    A retry with the same request key continues the earlier reservation.
    """

    def decide(unit: UnitOfWork) -> Reservation:
        earlier = _reserved_by(request_key, discounts.normalize_code(code), purchase.owner_id)
        if earlier is not None:
            return _prolong(unit, earlier)
        return _reserve(unit, code, purchase, request_key)

    return run_unit_of_work(decide)


def note_session(reservation: Reservation, session: StripeCheckoutSession) -> None:
    """Extend the reservation until the Checkout session expires, plus a margin."""
    discount_codes.note_session(reservation.usage, session.id, (session.expires_at or clock.now()) + MARGIN)


def release(code: str, redemption: str, session_id: str) -> None:
    """Release a use that is reserved for this Checkout session; any other reservation stays."""
    run_unit_of_work(lambda unit: _release(unit, code, redemption, lambda use: use.checkout_session_id == session_id))


def give_up(usage: DiscountUsage) -> None:
    """Release a use, unless its reservation has changed or ended since it was read."""
    until = usage.reserved_until
    run_unit_of_work(lambda unit: _release(unit, usage.code, usage.redemption, lambda use: use.reserved_until == until))


def release_lapsed(now: datetime) -> int:
    """Release the uses whose checkout was abandoned, according to Stripe; return their number.

    If one fails, the others are still released.
    """
    batch, released = Batch("billing-release_reservations"), list[str]()

    def release(usage: DiscountUsage) -> None:
        if _is_given_up(usage, now):
            give_up(usage)
            released.append(usage.code)

    batch.run(discount_codes.iterate_lapsed(now), release, label=lambda usage: usage.code)
    batch.finish()
    return len(released)


def redeem_code(
    unit: UnitOfWork, usage: DiscountUsage | None, view: StripeCheckoutSession, subscription_id: str | None
) -> None:
    """Redeem the reserved use of a paid checkout. Redeeming it again changes nothing."""
    if usage is not None and usage.status is not RedemptionStatus.REDEEMED:
        discount_codes.redeem_code(unit.transaction, usage, view.id, subscription_id, view.discount)


def _reserved_by(request_key: str | None, code: str, owner_id: str) -> DiscountUsage | None:
    uses = discount_codes.list_uses_of(code, owner_id) if request_key else []
    reserved = (use for use in uses if use.status is RedemptionStatus.RESERVED)
    return next((use for use in reserved if use.request_key == request_key), None)


def _prolong(unit: UnitOfWork, usage: DiscountUsage) -> Reservation:
    discount_codes.prolong(unit.transaction, usage, clock.now() + UNTIL_SESSION)
    return Reservation(usage, str(discount_codes.get(usage.code).stripe_promotion_code_id))


def _reserve(unit: UnitOfWork, code: str, purchase: PlanPurchase, request_key: str | None) -> Reservation:
    row = _usable(code, purchase.plan)
    usage = DiscountUsage(
        code=row.code,
        redemption=_free(row, purchase),
        user_id=purchase.owner_id,
        owner_type=purchase.owner_type,
        status=RedemptionStatus.RESERVED,
        reserved_until=clock.now() + UNTIL_SESSION,
        request_key=request_key,
        discount_amount=_discount(row, purchase),
    )
    discount_codes.reserve(unit.transaction, row, usage)
    return Reservation(usage, str(row.stripe_promotion_code_id))


def _release(unit: UnitOfWork, code: str, redemption: str, is_meant: Callable[[DiscountUsage], bool]) -> None:
    usage = discount_codes.find_use(code, redemption)
    if usage is not None and usage.status is RedemptionStatus.RESERVED and is_meant(usage):
        discount_codes.release(unit.transaction, usage)


def _usable(code: str, plan: SubscriptionPlan) -> DiscountCode:
    row = discount_codes.find(discounts.normalize_code(code))
    why = (
        "there is no such code" if row is None else discounts.rejection_reason(row, plan.id, plan.currency, clock.now())
    )
    if row is None or why or row.stripe_promotion_code_id is None:
        raise InvalidCode(errors=[{"path": "body.code", "message": why or "it is not ready yet"}])
    return row


def _discount(row: DiscountCode, purchase: PlanPurchase) -> Decimal:
    return discounts.amount_off(row.discount_type, row.value, purchase.price, purchase.plan.currency)


def _free(row: DiscountCode, purchase: PlanPurchase) -> str:
    """Return the name of the owner's first unused use of the code, `user_id#n`. Raises InvalidCode if none is left."""
    uses = discount_codes.list_uses_of(row.code, purchase.owner_id)
    taken = {use.redemption for use in uses if use.status is not RedemptionStatus.RELEASED}
    names = (f"{purchase.owner_id}#{number}" for number in range(1, row.max_uses_per_user + 1))
    name = next((name for name in names if name not in taken), None)
    if name is None:
        raise InvalidCode(errors=[{"path": "body.code", "message": f"this {purchase.owner_type} has used it"}])
    return name


def _is_given_up(usage: DiscountUsage, now: datetime) -> bool:
    """Return whether the checkout can no longer be paid. If it can, or its payment takes days, extend the reservation."""
    if usage.checkout_session_id is None:
        return True
    try:
        view = parse_checkout_session(checkout_sessions.retrieve_checkout_session(usage.checkout_session_id))
    except StripeObjectNotFound:
        return True
    if view.status == "expired":
        return True
    discount_codes.note_session(usage, usage.checkout_session_id, max(now, view.expires_at or now) + MARGIN)
    return False
