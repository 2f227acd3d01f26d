"""Discount codes and their redemptions. A code's counter and its redemptions change together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.billing.enums import RedemptionStatus
from chalicelib.billing.errors import CodeExists, CodeNotFound, InvalidValidity
from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.kit import clock, pagination
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, column_actions, delete_if, readable_rows, update_if

KIND = "code"


def find(code: str) -> DiscountCode | None:
    """Return the code, read consistently, or None."""
    try:
        return DiscountCode.get(code, consistent_read=True)
    except DiscountCode.DoesNotExist:
        return None


def get(code: str) -> DiscountCode:
    """Return the code, read consistently. Raises CodeNotFound if it does not exist."""
    row = find(code)
    if row is None:
        raise CodeNotFound
    return row


def add(row: DiscountCode) -> None:
    """Write a new code. Raises CodeExists if the code exists."""
    try:
        row.save(condition=DiscountCode.code.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise CodeExists from error


def remove_unmirrored(row: DiscountCode) -> None:
    """Delete a code that was never mirrored to Stripe, unless it was recreated since `row` was written."""
    unmirrored = DiscountCode.stripe_promotion_code_id.does_not_exist()
    delete_if(row, unmirrored & (DiscountCode.created_at == row.created_at))


def change(code: str, values: dict[str, object]) -> DiscountCode:
    """Set these columns; None removes a column.

    Raises CodeNotFound if there is no such code, InvalidValidity if the stored end or start of the validity window
    contradicts the new one.
    """
    row = get(code)
    actions = [DiscountCode.updated_at.set(clock.now()), *column_actions(DiscountCode, values)]
    if not update_if(row, actions, _keeps_window(values)):
        raise InvalidValidity
    return row


def list_all(page: PageRequest) -> PageResult[DiscountCode]:
    """Return one page of the codes in alphabetical order."""
    return pagination.query_page(DiscountCode.by_kind.query(KIND, limit=page.limit, last_evaluated_key=page.start))


def iterate() -> Iterator[DiscountCode]:
    """Yield every code."""
    yield from readable_rows(DiscountCode.by_kind.query(KIND))


def list_uses(code: str, page: PageRequest) -> PageResult[DiscountUsage]:
    """Return one page of a code's redemptions, ordered by user."""
    return pagination.query_page(DiscountUsage.query(code, limit=page.limit, last_evaluated_key=page.start))


def count_uses(code: str) -> int:
    """Return the number of redemptions that are reserved or redeemed."""
    taken = DiscountUsage.status.is_in(RedemptionStatus.RESERVED, RedemptionStatus.REDEEMED)
    return sum(1 for _ in DiscountUsage.query(code, filter_condition=taken, consistent_read=True))


def list_uses_of(code: str, user_id: str) -> list[DiscountUsage]:
    """Return one owner's redemptions of a code, read consistently."""
    return list(DiscountUsage.query(code, DiscountUsage.redemption.startswith(f"{user_id}#"), consistent_read=True))


def find_use(code: str, redemption: str) -> DiscountUsage | None:
    """Return one redemption, read consistently, or None."""
    try:
        return DiscountUsage.get(code, redemption, consistent_read=True)
    except DiscountUsage.DoesNotExist:
        return None


def reserve(transaction: Transaction, row: DiscountCode, usage: DiscountUsage) -> None:
    """Stage a new reservation, which counts as a use of the code.

    The transaction fails with WriteConflict if the code cannot be used (any more), or the owner's redemption is already
    taken.
    """
    now = clock.now()
    may_be_used = (
        (DiscountCode.is_active == True)  # noqa: E712 - a condition, not a comparison
        & (DiscountCode.valid_from.does_not_exist() | (DiscountCode.valid_from <= now))
        & (DiscountCode.expires_at.does_not_exist() | (DiscountCode.expires_at > now))
        & (DiscountCode.max_uses.does_not_exist() | (DiscountCode.times_used < DiscountCode.max_uses))
    )
    free = DiscountUsage.code.does_not_exist() | (DiscountUsage.status == RedemptionStatus.RELEASED)
    transaction.update(row, [DiscountCode.times_used.add(1)], condition=may_be_used, otherwise=WriteConflict())
    transaction.put(usage, condition=free, otherwise=WriteConflict())


def prolong(transaction: Transaction, usage: DiscountUsage, until: datetime) -> None:
    """Stage the extension of a reservation to `until`.

    The transaction fails with WriteConflict if the reservation has changed or ended.
    """
    action = DiscountUsage.reserved_until.set(until)
    transaction.update(usage, [action], condition=_unchanged(usage), otherwise=WriteConflict())
    usage.reserved_until = until


def release(transaction: Transaction, usage: DiscountUsage) -> None:
    """Stage the release of a reserved redemption.

    The transaction fails with WriteConflict if this reservation has changed or ended. The same redemption may have been
    reserved again for a later session.
    """
    actions = [DiscountUsage.status.set(RedemptionStatus.RELEASED), DiscountUsage.reserved_until.remove()]
    transaction.update(usage, actions, condition=_unchanged(usage), otherwise=WriteConflict())
    transaction.update(DiscountCode(usage.code), [DiscountCode.times_used.add(-1)])


def redeem_code(
    transaction: Transaction, usage: DiscountUsage, session_id: str, subscription_id: str | None, discount: Decimal
) -> None:
    """Stage a redemption as redeemed, because it was paid for.

    If it was released before the payment, it is counted again. The transaction fails with WriteConflict if its status
    has changed.
    """
    actions = [
        DiscountUsage.status.set(RedemptionStatus.REDEEMED),
        DiscountUsage.reserved_until.remove(),
        DiscountUsage.checkout_session_id.set(session_id),
        DiscountUsage.discount_amount.set(discount),
        DiscountUsage.used_at.set(clock.now()),
    ]
    if subscription_id:
        actions.append(DiscountUsage.subscription_id.set(subscription_id))
    transaction.update(usage, actions, condition=DiscountUsage.status == usage.status, otherwise=WriteConflict())
    if usage.status is RedemptionStatus.RELEASED:
        transaction.update(DiscountCode(usage.code), [DiscountCode.times_used.add(1)])


def note_session(usage: DiscountUsage, session_id: str, until: datetime) -> None:
    """Store the Checkout session of a reservation and its new expiry."""
    actions: list[Action] = [
        DiscountUsage.checkout_session_id.set(session_id),
        DiscountUsage.reserved_until.set(until),
    ]
    usage.update(actions=actions, condition=DiscountUsage.status == RedemptionStatus.RESERVED)


def iterate_lapsed(now: datetime) -> Iterator[DiscountUsage]:
    """Yield the redemptions whose reservation has expired."""
    yield from readable_rows(
        DiscountUsage.by_reservation.query(RedemptionStatus.RESERVED, DiscountUsage.reserved_until <= now)
    )


def _keeps_window(values: dict[str, object]) -> Condition:
    """Return the condition that the code exists and the new window limits fit the stored ones."""
    starts, ends = values.get("valid_from"), values.get("expires_at")
    keeps: Condition = DiscountCode.code.exists()
    if starts and "expires_at" not in values:
        keeps &= DiscountCode.expires_at.does_not_exist() | (DiscountCode.expires_at > starts)
    if ends and "valid_from" not in values:
        keeps &= DiscountCode.valid_from.does_not_exist() | (DiscountCode.valid_from < ends)
    return keeps


def _unchanged(usage: DiscountUsage) -> Condition:
    """Return the condition that the reservation is the one that was read."""
    session_id = DiscountUsage.checkout_session_id
    reserved: Condition = DiscountUsage.status == RedemptionStatus.RESERVED
    reserved &= DiscountUsage.reserved_until == usage.reserved_until
    reserved &= session_id == usage.checkout_session_id if usage.checkout_session_id else session_id.does_not_exist()
    return reserved
