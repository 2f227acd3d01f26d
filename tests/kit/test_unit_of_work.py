"""Unit of work: one transaction, then the messages; a conflict runs the decision again with fresh reads."""

from __future__ import annotations

import threading

import pytest

from chalicelib.kit.errors import Conflict, Unavailable, WriteConflict
from chalicelib.kit.models import Lock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from tests.kit.test_messages import QUEUE, read_messages, request


def counter(number: int) -> Lock:
    return Lock(name="counter", watermark=str(number))


def published() -> list[int]:
    return sorted(body["segment"] for body in read_messages(QUEUE))


def count_up(unit: UnitOfWork) -> int:
    """Read the counter, stage the next number and its message."""
    try:
        number = int(Lock.get("counter", consistent_read=True).watermark or 0)
    except Lock.DoesNotExist:
        unit.transaction.put(counter(1), condition=Lock.name.does_not_exist(), otherwise=WriteConflict())
        number = 0
    else:
        unchanged = Lock.watermark == str(number)
        unit.transaction.put(counter(number + 1), condition=unchanged, otherwise=WriteConflict())
    unit.publish(request(number + 1))
    return number + 1


def test_ten_threads_count_to_ten_and_publish_each_number_once() -> None:
    results: list[int] = []

    def run() -> None:
        while True:
            try:
                results.append(run_unit_of_work(count_up))
                return
            except Unavailable:  # a queue would redeliver the message
                continue

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == published() == list(range(1, 11))


def test_nothing_is_published_if_the_commit_fails() -> None:
    counter(1).save()

    def decide(unit: UnitOfWork) -> None:
        unit.transaction.add(counter(2))
        unit.publish(request(2))

    with pytest.raises(Conflict):
        run_unit_of_work(decide)
    assert published() == []


def test_messages_are_published_without_writes() -> None:
    run_unit_of_work(lambda unit: unit.publish(request(7)))
    assert published() == [7]
