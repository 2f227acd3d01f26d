"""Any number of credits that expire together: in steps, and a failing owner does not stop others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing import jobs
from chalicelib.billing.domain.credit_ledger import LOTS_PER_STEP, CreditLedger
from chalicelib.billing.domain.credit_lots import CreditLot
from chalicelib.billing.enums import EntryType, GiftStatus, OwnerType
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import CreditBalance, Gift, PaymentTransaction, Subscription
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.service import credits, grant_schedule, invariants
from chalicelib.kit import aws, clock, ids, metrics
from chalicelib.kit.auth import Role
from chalicelib.kit.tables import Transaction
from infra.bench.round_trips import metered
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, make_owner

Buy = Callable[..., list[Json]]
LATER = timedelta(days=40)


def fill(owner: Owner, count: int, kept: int = 0) -> None:
    """Give the owner `count` credits that expire together, a lot each, and `kept` that do not, in one balance row."""
    head = ledger_rows.balance(str(owner.relationship_id))
    book = ledger_rows.opened(head)
    expires_at = clock.now() + timedelta(days=30)
    left = count
    while left:
        for _ in range(min(30, left)):
            book.credit(EntryType.GRANT, 1, f"operator/{ids.new()}", "a test", expires_at)
        left -= min(30, left)
        if kept and not left:
            book.credit(EntryType.GRANT, kept, f"operator/{ids.new()}", "a test")
        with Transaction() as transaction:
            ledger_rows.stage_ledger(transaction, head, book)
        head = ledger_rows.balance(str(owner.relationship_id))
        book = ledger_rows.opened(head)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], datetime]:
    """Return a time after the expiry of all lots."""
    now = clock.now

    def pass_by() -> datetime:
        monkeypatch.setattr(clock, "now", lambda: now() + LATER)
        return clock.now()

    return pass_by


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the number of rows of each transaction."""
    sizes, commit = list[int](), Transaction._commit

    def measured(transaction: Transaction) -> None:
        sizes.append(len(transaction._order))
        commit(transaction)

    monkeypatch.setattr(Transaction, "_commit", measured)
    return sizes


def expired() -> int:
    return sum(-entry.amount for entry in entries() if entry.entry_type is EntryType.EXPIRATION)


@pytest.mark.parametrize("count", [1, 36, 37, 49, 50, 101, 400])
def test_any_number_of_lots_expires_in_steps(
    member: Owner, later: Callable[[], datetime], largest: list[int], count: int
) -> None:
    fill(member, count, kept=3)
    now = later()
    largest.clear()
    assert credits.expire_due_credits(now, None) == 1
    assert balances() == {member.relationship_id: 3}
    assert expired() == count
    assert max(largest) <= 40
    assert credits.expire_due_credits(now, None) == 0
    ledger_sums()
    assert invariants.check(now) == []


@pytest.mark.parametrize("count", [50, 200])
def test_a_spend_of_an_owner_with_many_expired_lots_succeeds_at_the_cost_of_one_step(
    member: Owner, later: Callable[[], datetime], largest: list[int], count: int
) -> None:
    fill(member, count, kept=3)
    later()
    largest.clear()
    with metered() as meter:
        spent = credits.spend_credits(OwnerType.MEMBER, member.id, 2, "key")
    assert (meter.cost.reads, meter.calls["dynamodb.TransactWriteItems"], len(largest)) == (3, 1, 1)
    assert max(largest) <= 40
    assert expired() == LOTS_PER_STEP
    assert spent.balance_after == 1 + count - LOTS_PER_STEP
    ledger_sums()
    with pytest.raises(InsufficientCredits, match="1 credits are left"):
        credits.spend_credits(OwnerType.MEMBER, member.id, 2, "other")
    assert credits.spend_credits(OwnerType.MEMBER, member.id, 2, "key").id == spent.id


def test_concurrent_spends_never_use_an_expired_credit(member: Owner, later: Callable[[], datetime]) -> None:
    fill(member, 120, kept=10)
    now = later()

    def spend(number: int) -> bool:
        try:
            credits.spend_credits(OwnerType.MEMBER, member.id, 1, f"key {number}")
        except InsufficientCredits:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        run = pool.submit(credits.expire_due_credits, now, None)
        answers = list(pool.map(spend, range(14)))
        run.result()
    credits.expire_due_credits(now, None)
    assert answers.count(True) == 10
    assert balances() == {member.relationship_id: 0}
    assert expired() == 120
    ledger_sums()


@given(
    lots=st.lists(st.tuples(st.integers(1, 9), st.integers(-3, 3)), max_size=120),
    spends=st.lists(st.integers(1, 30), max_size=4),
)
def test_steps_and_spends_in_any_order_end_in_the_same_balance(
    lots: Sequence[tuple[int, int]], spends: Sequence[int]
) -> None:
    now = datetime(2027, 5, 1, tzinfo=UTC)
    held = tuple(CreditLot(str(number), size, now + timedelta(days=days)) for number, (size, days) in enumerate(lots))
    book = CreditLedger(sum(lot.remaining for lot in held), 0, held, now, ids.new)
    available = book.available
    for amount in spends:
        if amount <= book.available:
            book.spend(amount, "key", None)
            available -= amount
    while book.has_expired:
        before = len(book.entries)
        book.expire()
        assert 0 < len(book.entries) - before <= LOTS_PER_STEP
    assert book.balance == book.available == available == sum(lot.remaining for lot in book.lots)
    assert book.balance == sum(lot.remaining for lot in held) + sum(entry.amount for entry in book.entries)


# --- one owner's failure ----------------------------------------------------------------------------------------------


@pytest.fixture
def metric_values(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, dict[str, str]]]:
    written: list[tuple[str, int, dict[str, str]]] = []
    monkeypatch.setattr(metrics, "write", lambda metric, value, by: written.append((metric.name, value, by)))
    return written


@pytest.mark.parametrize("poison", ["{", '[{"unreadable": 1}]', '[{"lot_id": "a", "remaining": "many"}]'])
def test_a_failing_owner_does_not_stop_the_expiry_of_others(
    member: Owner,
    later: Callable[[], datetime],
    metric_values: list[tuple[str, int, dict[str, str]]],
    caplog: pytest.LogCaptureFixture,
    poison: str,
) -> None:
    others = [make_owner(Role.MEMBER) for _ in range(4)]
    for owner in (member, *others):
        fill(owner, 2)
    key = {"relationship_id": {"S": str(member.relationship_id)}}
    whole = raw(CreditBalance, key)
    write_raw(CreditBalance, whole | {"lots": {"S": poison}})
    now = later()
    with caplog.at_level(logging.ERROR):
        assert credits.expire_due_credits(now, None) == 4
    assert expired() == 8
    assert metric_values[-1] == ("StepsFailed", 1, {"schedule": "billing-expire_credits"})
    assert [record.message for record in caplog.records] == ["item not processed: its step failed"]
    months_later = now + timedelta(days=150)
    for passed in range(0, 150, 30):
        credits.expire_due_credits(now + timedelta(days=passed), now + timedelta(days=passed - 30))
    write_raw(CreditBalance, raw(CreditBalance, key) | {"lots": whole["lots"]})
    assert credits.expire_due_credits(months_later, months_later - timedelta(hours=1)) == 1, (
        "it is found once it is mended"
    )
    assert expired() == 10
    assert metric_values[-1] == ("StepsFailed", 0, {"schedule": "billing-expire_credits"})
    ledger_sums()


def test_a_failing_owner_does_not_stop_the_grants_of_others(
    member: Owner,
    buy: Buy,
    metric_values: list[tuple[str, int, dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owners = [member, *(make_owner(Role.MEMBER) for _ in range(3))]
    for owner in owners:
        buy(owner, plan="better_together")
    (poisoned,) = [row for row in PaymentTransaction.scan() if row.owner_id == member.id]
    key = {"id": {"S": str(poisoned.subscription_id)}}
    whole = raw(Subscription, key)
    write_raw(Subscription, whole | {"status": {"S": "no such status"}})
    started, now = clock.now(), clock.now() + LATER
    monkeypatch.setattr(clock, "now", lambda: now)
    assert grant_schedule.grant_due_months(now, started) == 3
    assert sorted(balances().values()) == [40, 80, 80, 80]
    assert metric_values[-1] == ("StepsFailed", 1, {"schedule": "billing-grant_monthly_credits"})
    for days in range(1, 12):
        at = now + timedelta(days=days)
        grant_schedule.grant_due_months(at, at - timedelta(hours=1))
    write_raw(Subscription, whole)
    last = now + timedelta(days=12)
    monkeypatch.setattr(clock, "now", lambda: last)
    assert grant_schedule.grant_due_months(last, last - timedelta(hours=1)) == 1, "it is found once it is mended"
    assert balances()[str(member.relationship_id)] == 80
    ledger_sums()


def test_an_unrecorded_failure_leaves_the_run_incomplete(
    member: Owner, later: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run starts at the same time as this one; the other owners of this run are done."""
    other = make_owner(Role.MEMBER)
    for owner in (member, other):
        fill(owner, 2)
    key = {"relationship_id": {"S": str(member.relationship_id)}}
    write_raw(CreditBalance, raw(CreditBalance, key) | {"lots": {"S": "{"}})

    def refused(*_: Any, **__: Any) -> bool:
        raise ConnectionError("the table is away")

    monkeypatch.setattr(ledger_rows, "defer_expiry", refused)
    with pytest.raises(ConnectionError):
        credits.expire_due_credits(later(), None)
    assert ledger_rows.balance(str(other.relationship_id)).balance == 0


def test_due_months_are_granted_in_steps(
    member: Owner, buy: Buy, largest: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment covers more months than a transaction holds."""
    buy(member, plan="better_together")
    (payment,) = PaymentTransaction.scan()
    first = payment.months_from
    beginnings = [clock.iso(first + timedelta(days=31 * number)) for number in range(1, 61)]
    payment.update(
        actions=[PaymentTransaction.months.set(beginnings), PaymentTransaction.next_grant_day.set(f"{first:%Y-%m-%d}")]
    )
    (subscription,) = Subscription.scan()
    now = first + timedelta(days=31 * 61)
    monkeypatch.setattr(clock, "now", lambda: now)
    largest.clear()
    assert grant_schedule.grant_due_months(now, first) == 1
    months = {beginnings[number][:7] for number in range(60)} - {f"{first:%Y-%m}"}
    assert subscription.ended_at is None
    assert balances() == {member.relationship_id: 40 * (len(months) + 1)}
    assert max(largest) <= 40
    assert payment_rows.get(payment.id).months is None
    ledger_sums()


def raw(model: Any, key: dict[str, Any]) -> dict[str, Any]:
    """Return the stored item, even if it is unreadable."""
    answer = aws.client("dynamodb").get_item(TableName=model.Meta.table_name, Key=key, ConsistentRead=True)
    return dict(answer["Item"])


def write_raw(model: Any, item: dict[str, Any]) -> None:
    aws.client("dynamodb").put_item(TableName=model.Meta.table_name, Item=item)


def test_the_hourly_job_ends_gifts_also_if_credits_could_not_expire(
    member: Owner, later: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    gift = Gift(
        code="CODE",
        buyer_id=member.id,
        recipient_email="b@example.com",
        plan_name="try_it_out",
        status=GiftStatus.PAID,
        expires_at=clock.now(),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    gift.save()
    fill(member, 1)
    key = {"relationship_id": {"S": str(member.relationship_id)}}
    write_raw(CreditBalance, raw(CreditBalance, key) | {"lots": {"S": "{"}})

    def refused(*_: Any, **__: Any) -> None:
        raise ConnectionError("the table is away")

    monkeypatch.setattr(ledger_rows, "defer_expiry", refused)
    parts: dict[str, Any] = {"version": "0", "id": "1", "account": "1", "region": "r", "detail": {}, "resources": []}
    event = parts | {"time": clock.iso(later()), "detail-type": "Scheduled Event", "source": "aws.events"}
    with pytest.raises(ConnectionError):
        jobs.expire_credits(event, None)
    assert [row.status for row in Gift.scan()] == [GiftStatus.EXPIRED]
