"""Discount codes and their uses: the counter of a code and the rows of its uses change together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.billing.enums import OwnerType, RedemptionStatus
from chalicelib.billing.errors import CodeExists, CodeNeverValid, CodeNotFound
from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.kit import clock, pagination
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, delete_if, readable_rows, update_if

KIND = "code"


def find(code: str) -> DiscountCode | None:
    """The code, read consistently."""
    try:
        return DiscountCode.get(code, consistent_read=True)
    except DiscountCode.DoesNotExist:
        return None


def get(code: str) -> DiscountCode:
    """The code, read consistently. Raises CodeNotFound."""
    row = find(code)
    if row is None:
        raise CodeNotFound
    return row


def add(row: DiscountCode) -> None:
    """Write a new code. Raises CodeExists."""
    try:
        row.save(condition=DiscountCode.code.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise CodeExists from error


def remove_unmirrored(row: DiscountCode) -> None:
    """Take back a code that never could be used, where it is still the one that was written."""
    unmirrored = DiscountCode.stripe_promotion_code_id.does_not_exist()
    delete_if(row, unmirrored & (DiscountCode.created_at == row.created_at))


def change(code: str, values: dict[str, object]) -> DiscountCode:
    """Set these columns; None removes one. Raises CodeNotFound; CodeNeverValid where one end of the window would be
    beyond the other as it is now."""
    row = get(code)
    actions: list[Action] = [DiscountCode.updated_at.set(clock.now())]
    for name, value in values.items():
        column = getattr(DiscountCode, name)
        actions.append(column.remove() if value is None else column.set(value))
    if not update_if(row, actions, _keeps_window(values)):
        raise CodeNeverValid
    return row


def list_all(page: PageRequest) -> PageResult[DiscountCode]:
    """One page of the codes, by their letters."""
    return pagination.query_page(DiscountCode.by_kind.query(KIND, limit=page.limit, last_evaluated_key=page.start))


def iterate() -> Iterator[DiscountCode]:
    """Every code."""
    yield from readable_rows(DiscountCode.by_kind.query(KIND))


def list_uses(code: str, page: PageRequest) -> PageResult[DiscountUsage]:
    """One page of a code's uses, by who used it."""
    return pagination.query_page(DiscountUsage.query(code, limit=page.limit, last_evaluated_key=page.start))


def count_uses(code: str) -> int:
    """How many uses are reserved or redeemed."""
    taken = DiscountUsage.status.is_in(RedemptionStatus.RESERVED, RedemptionStatus.REDEEMED)
    return sum(1 for _ in DiscountUsage.query(code, filter_condition=taken, consistent_read=True))


def list_uses_of(code: str, user_id: str) -> list[DiscountUsage]:
    """What one owner did with a code, read consistently."""
    return list(DiscountUsage.query(code, DiscountUsage.redemption.startswith(f"{user_id}#"), consistent_read=True))


def find_use(code: str, redemption: str) -> DiscountUsage | None:
    """One use, read consistently."""
    try:
        return DiscountUsage.get(code, redemption, consistent_read=True)
    except DiscountUsage.DoesNotExist:
        return None


def reserve(
    transaction: Transaction,
    row: DiscountCode,
    redemption: str,
    owner_type: OwnerType,
    user_id: str,
    discount: Decimal,
    until: datetime,
    request_key: str | None,
) -> DiscountUsage:
    """Count a use and note who has it until then. The transaction fails with WriteConflict where the code may not be used
    (any more), or this use of the owner's is taken."""
    now = clock.now()
    usage = DiscountUsage(
        code=row.code,
        redemption=redemption,
        user_id=user_id,
        owner_type=owner_type,
        status=RedemptionStatus.RESERVED,
        reserved_until=until,
        request_key=request_key,
        discount_amount=discount,
    )
    may_be_used = (
        (DiscountCode.is_active == True)  # noqa: E712 - a condition, not a comparison
        & (DiscountCode.valid_from.does_not_exist() | (DiscountCode.valid_from <= now))
        & (DiscountCode.expires_at.does_not_exist() | (DiscountCode.expires_at > now))
        & (DiscountCode.max_uses.does_not_exist() | (DiscountCode.times_used < DiscountCode.max_uses))
    )
    free = DiscountUsage.code.does_not_exist() | (DiscountUsage.status == RedemptionStatus.RELEASED)
    transaction.update(row, [DiscountCode.times_used.add(1)], condition=may_be_used, otherwise=WriteConflict())
    transaction.put(usage, condition=free, otherwise=WriteConflict())
    return usage


def prolong(transaction: Transaction, usage: DiscountUsage, until: datetime) -> None:
    """Let the reservation last until then. The transaction fails with WriteConflict where it has changed or ended."""
    action = DiscountUsage.reserved_until.set(until)
    transaction.update(usage, [action], condition=_unchanged(usage), otherwise=WriteConflict())
    usage.reserved_until = until


def release(transaction: Transaction, usage: DiscountUsage) -> None:
    """Give a reserved use back. The transaction fails with WriteConflict where this reservation of it has changed or ended:
    the same use may be reserved anew, for a later session."""
    actions = [DiscountUsage.status.set(RedemptionStatus.RELEASED), DiscountUsage.reserved_until.remove()]
    transaction.update(usage, actions, condition=_unchanged(usage), otherwise=WriteConflict())
    transaction.update(DiscountCode(usage.code), [DiscountCode.times_used.add(-1)])


def redeem(
    transaction: Transaction, usage: DiscountUsage, session_id: str, subscription_id: str | None, discount: Decimal
) -> None:
    """The use was paid for. One that was given back meanwhile counts again: paid is paid. WriteConflict where it changed."""
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
    """Note for which Checkout session the use is reserved, and how long."""
    actions: list[Action] = [
        DiscountUsage.checkout_session_id.set(session_id),
        DiscountUsage.reserved_until.set(until),
    ]
    usage.update(actions=actions, condition=DiscountUsage.status == RedemptionStatus.RESERVED)


def iterate_lapsed(now: datetime) -> Iterator[DiscountUsage]:
    """Uses whose reservation is over."""
    yield from readable_rows(
        DiscountUsage.by_reservation.query(RedemptionStatus.RESERVED, DiscountUsage.reserved_until <= now)
    )


def _keeps_window(values: dict[str, object]) -> Condition:
    """That the code is there, and what changes of its window goes with what stays."""
    starts, ends = values.get("valid_from"), values.get("expires_at")
    keeps: Condition = DiscountCode.code.exists()
    if starts and "expires_at" not in values:
        keeps &= DiscountCode.expires_at.does_not_exist() | (DiscountCode.expires_at > starts)
    if ends and "valid_from" not in values:
        keeps &= DiscountCode.valid_from.does_not_exist() | (DiscountCode.valid_from < ends)
    return keeps


def _unchanged(usage: DiscountUsage) -> Condition:
    """That the reservation is still the one that was read."""
    session_id = DiscountUsage.checkout_session_id
    reserved: Condition = DiscountUsage.status == RedemptionStatus.RESERVED
    reserved &= DiscountUsage.reserved_until == usage.reserved_until
    reserved &= session_id == usage.checkout_session_id if usage.checkout_session_id else session_id.does_not_exist()
    return reserved
