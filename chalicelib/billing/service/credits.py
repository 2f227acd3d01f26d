"""Credits: granted for months that were paid for, bought, spent, expired; each cause has its effect once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from chalicelib.billing.catalogue.sample import GRANT_LASTS_MONTHS
from chalicelib.billing.domain import credit_lots, credit_months, paid_lots, refund_amounts
from chalicelib.billing.domain.credit_ledger import CreditLedger, NotEnough, source_key
from chalicelib.billing.domain.paid_lots import PaidLot
from chalicelib.billing.enums import EntryType, OwnerType, PaymentKind
from chalicelib.billing.errors import GrantExpired, InsufficientCredits
from chalicelib.billing.models import CreditBalance, CreditEntry, Customer, PaymentTransaction
from chalicelib.billing.repository import credits, customers
from chalicelib.billing.repository.identity_map import IdentityMap, Key, entry_guards, head_key
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.billing.schemas.messages import CreditsChanged
from chalicelib.billing.service.customers import ledger_of
from chalicelib.billing.service.effects import Effects, carry_out
from chalicelib.kit import signing
from chalicelib.kit.errors import IdempotencyConflict
from chalicelib.kit.pagination import PageRequest, PageResult


def read_balance(owner_type: OwnerType, owner_id: str) -> CreditBalance:
    """The credits the owner can spend from. Raises CustomerUnknown."""
    return credits.balance(ledger_of(customers.get(owner_type, owner_id)))


def list_entries(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[CreditEntry]:
    """The ledger, newest first. Raises CustomerUnknown."""
    return credits.list_entries(ledger_of(customers.get(owner_type, owner_id)), page)


def spend_credits(
    owner_type: OwnerType, owner_id: str, amount: int, request_key: str, reason: str | None = None
) -> CreditEntry:
    """Spend `amount` credits, soonest to expire first; an owner's request key spends once and gives the same entry,
    also where their relationship, and so their ledger, has changed since.

    Raises InsufficientCredits, and nothing is spent; IdempotencyConflict where the key was used for another amount or
    reason; CustomerUnknown; ValueError for an amount below one.
    """
    if amount < 1:
        raise ValueError("an amount below one credit cannot be spent")
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    key = _request("usage", owner_type, owner_id, request_key)

    def spend(book: CreditLedger) -> None:
        try:
            book.spend(amount, key, reason)
        except NotEnough as error:
            raise InsufficientCredits(f"{book.available} credits are left; {amount} are needed.") from error

    return _enter_once(relationship_id, key, -amount, reason, spend)


def grant_credits(
    owner_type: OwnerType, owner_id: str, amount: int, request_key: str, reason: str, expires_at: datetime | None
) -> CreditEntry:
    """Give an owner credits, as operators do; the same request key gives once.

    Raises GrantExpired for an `expires_at` that is past; CustomerUnknown; IdempotencyConflict where the key was used for
    another amount or reason.
    """
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    key = _request("operator", owner_type, owner_id, request_key)

    def grant(book: CreditLedger) -> None:
        if expires_at is not None and expires_at <= book.now:
            raise GrantExpired(errors=[{"path": "body.expires_at", "message": "is past"}])
        book.credit(EntryType.GRANT, amount, key, reason, expires_at)

    return _enter_once(relationship_id, key, amount, reason, grant)


def expire_due_credits(now: datetime, since: datetime | None) -> int:
    """Take the credits out of every balance that have expired; how many balances that were."""
    changed = 0
    for month in months_between(since or now, now):
        for row in credits.iterate_expired(month, now):
            carry_out(partial(_expire, relationship_id=row.relationship_id))
            changed += 1
    return changed


def grant_months(
    effects: Effects,
    found: IdentityMap,
    customer: Customer,
    subscription_id: str,
    months: Iterable[tuple[datetime, int, str]],
    payment: PaymentTransaction,
) -> None:
    """Grant months that have begun, each once for the subscription: when it began, how many credits, by which plan.

    Of each the share that is still paid; the `payment`, which the caller writes, notes the lots.

    Of several for the same month the most: a subscription may have two plans, and a plan that is changed on the day of a
    purchase begins a month on the same day. What a lesser payment brought already counts.
    """
    ordered = sorted(months, key=lambda month: (month[0], month[1]))
    wanted = {credit_months.month_source_key(subscription_id, month[0]): month for month in ordered}
    relationship_id = ledger_of(customer)
    found.read(month_guards(found.offers, subscription_id, [month[0] for month in ordered]))
    keys = [each for key in wanted for each in _keys(found.offers, key)]
    found.read([head_key(relationship_id), *(found.entry_key(key) for key in keys)])
    head = found.head(relationship_id)
    book = credits.opened(head)
    granted = paid_lots.read(payment.grants)
    for key, (begins_at, amount, plan_name) in wanted.items():
        cause = credit_months.upgrade_source_key(key, plan_name) if found.is_entered(key) else key
        lacking = amount - _granted(found, key, cause, payment.id, amount)
        back = refund_amounts.credits_due(lacking, payment.amount, payment.refunded_amount)
        if lacking > back:
            reason = f"{plan_name}, {begins_at:%Y-%m-%d}"
            expires_at = credit_months.add_months(begins_at, GRANT_LASTS_MONTHS)
            book.credit(EntryType.GRANT, lacking - back, cause, reason, expires_at, payment.id)
            known_as = paid_lots.OF_GIFT if payment.kind is PaymentKind.GIFT else relationship_id
            granted.append(PaidLot(book.entries[-1].id, known_as, lacking, back, expires_at))
    payment.grants = paid_lots.written(granted)
    if wanted:
        close(effects, head, book)


def month_guards(offers: PriceLookup, subscription_id: str, beginnings: Iterable[datetime]) -> list[Key]:
    """The guards that tell what was granted for months; to be read with whatever else is."""
    months = [credit_months.month_source_key(subscription_id, begins_at) for begins_at in beginnings]
    return entry_guards(key for month in months for key in _keys(offers, month))


def close(effects: Effects, head: CreditBalance, book: CreditLedger) -> None:
    """Write what was entered, and tell what the ledger holds; also where it held it before."""
    changed = bool(book.entries) or book.shortfall != head.shortfall or book.lots != credit_lots.read(head.lots)
    if changed:
        credits.stage(effects.transaction, head, book)
    effects.tell(
        CreditsChanged(
            relationship_id=head.relationship_id,
            balance=book.balance,
            suspended=credit_lots.suspended(book.lots),
            version=head.version + changed,
        )
    )


def _keys(offers: PriceLookup, month: str) -> list[str]:
    """Whatever may have caused a grant for the month."""
    return [month, *(credit_months.upgrade_source_key(month, plan_name) for plan_name in sorted(offers.with_credits))]


def _granted(found: IdentityMap, month: str, cause: str, payment_id: str, wanted: int) -> int:
    """What was granted for the month; all that is wanted where it was by the same payment or cause, whatever the plan
    includes by now."""
    if not found.is_entered(month):
        return 0
    first = found.entry(month)
    if first is None or first.payment_transaction_id == payment_id or found.is_entered(cause):
        return wanted
    entries = (found.entry(key) for key in _keys(found.offers, month))
    return sum(entry.amount for entry in entries if entry)


def _request(kind: str, owner_type: OwnerType, owner_id: str, request_key: str) -> str:
    """What an owner's request causes one entry for. A digest: a couple's ledger outlives the one who asked."""
    return source_key(kind, signing.digest(f"{owner_type}/{owner_id}/{request_key}".encode()))


def _enter_once(
    relationship_id: str, key: str, amount: int, reason: str | None, enter: Callable[[CreditLedger], None]
) -> CreditEntry:
    def decide(effects: Effects) -> str:
        found = IdentityMap()
        found.read([head_key(relationship_id), *entry_guards([key])])
        head = found.head(relationship_id)
        book = credits.opened(head)
        entered = found.owner_of(credits.source_guard(key))
        if entered is None:
            enter(book)
            entry_id = next(entry.id for entry in book.entries if entry.source_key == key)
            entered = f"{relationship_id}/{entry_id}"
        close(effects, head, book)
        return entered

    entry = credits.get_entry(carry_out(decide))
    if (entry.amount, entry.reason) != (amount, reason):
        raise IdempotencyConflict
    return entry


def _expire(effects: Effects, relationship_id: str) -> None:
    head = credits.balance(relationship_id)
    book = credits.opened(head)
    book.expire()
    close(effects, head, book)


def months_between(since: datetime, until: datetime) -> list[str]:
    """The calendar months (`YYYY-MM`) of the range, and the one before: a run may have died."""
    first = credit_months.add_months(since.replace(day=1), -1)
    count = (until.year - first.year) * 12 + until.month - first.month
    return [f"{credit_months.add_months(first, number):%Y-%m}" for number in range(count + 1)]
