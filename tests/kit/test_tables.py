"""Transactions and batch reads on the engine, sequential and concurrent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import GetError, TransactWriteError

from chalicelib.kit import aws, clock, tables
from chalicelib.kit.errors import Conflict, NotFound, Problem, Unavailable
from chalicelib.kit.models import Lock, Tombstone, UniqueValue
from chalicelib.kit.tables import Transaction
from tests.retention.crash import hooked


class First(Problem):
    pass


class Second(Problem):
    pass


def guard(name: str, owner: str = "me") -> UniqueValue:
    return UniqueValue(guard=name, owner=owner, created_at=clock.now())


def owners() -> dict[str, str]:
    return {row.guard: row.owner for row in UniqueValue.scan(consistent_read=True)}


def test_names_follow_the_rule() -> None:
    assert tables.name("shops", "installation_logs") == "backroom-test-shops-installation_logs"
    assert UniqueValue.Meta.table_name == "backroom-test-kit-guards"


def test_all_tables_share_one_client() -> None:
    assert UniqueValue._get_connection().connection is Lock._get_connection().connection
    assert UniqueValue._get_connection().connection.client is aws.client("dynamodb")


def test_a_transaction_is_atomic() -> None:
    with Transaction() as transaction:
        transaction.add(guard("a"))
        transaction.put(Lock("l", fence=1))
    with pytest.raises(Conflict), Transaction() as transaction:
        transaction.add(guard("b"))
        transaction.update(Lock("l"), [Lock.fence.add(1)])
        transaction.add(guard("a"))
    assert owners() == {"a": "me"}
    assert Lock.get("l").fence == 1


def test_a_transaction_combines_every_kind_of_write() -> None:
    guard("old").save()
    guard("there").save()
    with Transaction() as transaction:
        transaction.add(guard("new"))
        transaction.update(Lock("l"), [Lock.fence.add(5)])
        transaction.delete(UniqueValue("old"))
        transaction.check(UniqueValue, ("there",), UniqueValue.owner == "me")
    assert owners() == {"new": "me", "there": "me"}
    assert Lock.get("l").fence == 5


def test_columns_are_set_and_none_removes_one() -> None:
    guard("a").save()
    row = UniqueValue("a")
    row.update(tables.column_actions(UniqueValue, {"owner": "you", "expires_epoch": clock.now()}))
    row.update(tables.column_actions(UniqueValue, {"expires_epoch": None}))
    assert UniqueValue.get("a").owner == "you"
    assert UniqueValue.get("a").expires_epoch is None


def test_nothing_is_written_when_the_block_fails() -> None:
    with pytest.raises(NotFound), Transaction() as transaction:
        transaction.add(guard("a"))
        raise NotFound
    assert owners() == {}


def test_an_empty_transaction_sends_no_request() -> None:
    def refuse() -> None:
        raise AssertionError("a call was made")

    with hooked("before-call", "*", refuse), Transaction():
        pass


def test_the_first_failed_write_decides_the_error() -> None:
    for order in ((First, Second), (Second, First)):
        with pytest.raises(order[0]), Transaction() as transaction:
            for kind in order:
                if kind is First:
                    transaction.put(guard("a"), condition=UniqueValue.guard.exists(), otherwise=First())
                else:
                    transaction.check(Lock, ("l",), Lock.name.exists(), otherwise=Second())


def test_a_failed_condition_has_the_existing_row() -> None:
    guard("a", "somebody").save()
    with pytest.raises(First) as error, Transaction() as transaction:
        transaction.add(guard("a"), otherwise=First())
    assert (error.value.existing.owner, error.value.existing.guard) == ("somebody", "a")
    with pytest.raises(First) as error, Transaction() as transaction:
        transaction.delete(UniqueValue("none"), condition=UniqueValue.guard.exists(), otherwise=First())
    assert error.value.existing is None


def test_a_failed_condition_without_a_problem_is_a_conflict() -> None:
    with pytest.raises(Conflict), Transaction() as transaction:
        transaction.update(Lock("l"), [Lock.fence.add(1)], condition=Lock.name.exists())


def test_an_idempotent_transaction_is_applied_once() -> None:
    for _ in range(3):
        with Transaction(token="t1") as transaction:
            transaction.update(Lock("l"), [Lock.fence.add(1)])
    assert Lock.get("l").fence == 1


def test_an_invalid_request_raises_the_original_error() -> None:
    with pytest.raises(TransactWriteError), Transaction() as transaction:
        transaction.put(guard("a"))
        transaction.put(guard("a"))  # the same item twice is not allowed


def test_concurrent_increments_are_not_lost() -> None:
    def count(_: int) -> None:
        with Transaction() as transaction:
            transaction.update(Lock("counter"), [Lock.fence.add(1)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(80)))
    assert Lock.get("counter", consistent_read=True).fence == 80


def test_a_limit_holds_under_concurrent_writers() -> None:
    Lock("quota", fence=0).save()

    def reserve(number: int) -> bool:
        try:
            with Transaction() as transaction:
                transaction.update(Lock("quota"), [Lock.fence.add(1)], condition=Lock.fence < 5, otherwise=First())
                transaction.add(guard(f"g{number}"))
        except First:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(reserve, range(30)))
    assert won.count(True) == len(owners()) == Lock.get("quota", consistent_read=True).fence == 5


def refused(code: str, reason: str | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": f"{code} [{reason}]"}}
    if reason:
        response["CancellationReasons"] = [{"Code": reason, "Message": "x"}]
    return ClientError(response, "TransactWriteItems")


def test_a_transaction_conflict_is_retried() -> None:
    refusals = iter([refused("TransactionCanceledException", "TransactionConflict")] * 2)

    def refuse() -> None:
        for refusal in refusals:
            raise refusal

    with hooked("before-call", "TransactWriteItems", refuse), Transaction() as transaction:
        transaction.add(guard("a"))
    assert owners() == {"a": "me"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("TransactionCanceledException", "TransactionConflict"),
        ("TransactionCanceledException", "ThrottlingError"),
        ("TransactionInProgressException", None),
    ],
)
def test_exhausted_retries_raise_unavailable(code: str, reason: str | None) -> None:
    def refuse() -> None:
        raise refused(code, reason)

    with (
        hooked("before-call", "TransactWriteItems", refuse),
        pytest.raises(Unavailable),
        Transaction() as transaction,
    ):
        transaction.add(guard("a"))
    assert owners() == {}


def test_a_single_write_waits_for_a_transaction_on_its_row() -> None:
    refusals = iter([refused("TransactionConflictException")] * 2)

    def refuse() -> None:
        for refusal in refusals:
            raise refusal

    guard("a").save()
    with hooked("before-call", "UpdateItem", refuse):
        assert tables.update_if(guard("a"), [UniqueValue.owner.set("you")], UniqueValue.owner == "me")
    assert owners() == {"a": "you"}
    refusals = iter([refused("TransactionConflictException")] * 100)
    with hooked("before-call", "DeleteItem", refuse), pytest.raises(Unavailable):
        tables.delete_if(guard("a"), UniqueValue.owner == "you")
    assert owners() == {"a": "you"}


def test_throttling_is_detected_in_every_error_type() -> None:
    assert tables.is_throttled(refused("ThrottlingException"))
    assert tables.is_throttled(GetError("x", cause=refused("ProvisionedThroughputExceededException")))
    for error in (refused("ValidationException"), ValueError("x"), GetError("x")):
        assert not tables.is_throttled(error)


def test_rows_of_several_tables_have_the_requested_order() -> None:
    guard("a").save()
    guard("b", "you").save()
    now = clock.now()
    Tombstone(subject="s", erased_at=now, expires_epoch=now + timedelta(days=1)).save()
    expected: list[tuple[Any, tuple[str, ...]]] = [
        (UniqueValue, ("b",)),
        (Tombstone, ("s",)),
        (UniqueValue, ("none",)),
        (UniqueValue, ("a",)),
    ]
    rows = tables.get_many(expected)
    assert [type(row).__name__ for row in rows] == ["UniqueValue", "Tombstone", "NoneType", "UniqueValue"]
    assert [row.owner for row in (rows[0], rows[3]) if row] == ["you", "me"]
    assert rows[1] is not None
    assert rows[1].erased_at == now


def test_missing_rows_are_none() -> None:
    assert tables.get_many([(UniqueValue, ("a",)), (Lock, ("b",))]) == [None, None]


def test_an_empty_read_sends_no_request() -> None:
    assert tables.get_many([]) == []


def test_a_hundred_rows_are_read_in_one_call() -> None:
    for number in range(100):
        guard(f"g{number}").save()
    calls = []
    with hooked("before-call", "BatchGetItem", lambda: calls.append(1)):
        rows = tables.get_many((UniqueValue, (f"g{number}",)) for number in range(100))
    assert [row.guard for row in rows if row] == [f"g{number}" for number in range(100)]
    assert len(calls) == 1
