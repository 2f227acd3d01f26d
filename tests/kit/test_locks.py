"""Locks with leases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from chalicelib.kit import clock, locks
from chalicelib.kit.locks import Lease
from chalicelib.kit.models import Lock


def acquire(name: str = "work") -> Lease:
    lease = locks.acquire(name, 60)
    assert lease is not None
    return lease


def expire(name: str = "work") -> None:
    Lock(name).update(actions=[Lock.held_until.set(clock.now() - timedelta(microseconds=1))])


def test_one_of_many_callers_gets_the_lock() -> None:
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda _: locks.acquire("work", 60), range(8)))
    assert sum(lease is not None for lease in leases) == 1


def test_locks_of_different_names_are_independent() -> None:
    acquire("one")
    acquire("two")


def test_a_released_lock_is_free_and_its_fence_increases() -> None:
    fences = []
    for _ in range(3):
        lease = acquire()
        fences.append(lease.fence)
        assert locks.release(lease)
    assert fences == [1, 2, 3]


def test_a_crashed_holders_lease_expires() -> None:
    crashed_lease = acquire()
    assert locks.acquire("work", 60) is None
    expire()
    heir = acquire()
    assert heir.fence == crashed_lease.fence + 1
    assert not locks.release(crashed_lease, "late"), "an expired holder cannot release the new lease"
    assert locks.acquire("work", 60) is None
    assert locks.release(heir)
    assert acquire().watermark is None


def test_a_watermark_survives_the_release() -> None:
    locks.release(acquire(), "2026-11-20")
    second = acquire()
    assert second.watermark == "2026-11-20"
    locks.release(second)
    assert acquire().watermark == "2026-11-20"


def test_a_second_release_returns_false() -> None:
    lease = acquire()
    assert locks.release(lease)
    assert not locks.release(lease)


def test_the_holder_extends_the_lease_and_stores_a_watermark() -> None:
    lease = acquire()
    expire()
    assert locks.extend(lease, 60, "page 7")  # no other holder has the lock
    assert locks.acquire("work", 60) is None
    assert locks.watermark("work") == "page 7"
    assert locks.extend(lease, 60)
    assert locks.watermark("work") == "page 7"


def test_a_lost_lease_is_not_extended() -> None:
    late_lease = acquire()
    expire()
    acquire()
    assert not locks.extend(late_lease, 60, "too late")
    assert locks.watermark("work") is None


def test_a_released_lease_is_not_extended() -> None:
    lease = acquire()
    assert locks.release(lease)
    assert not locks.extend(lease, 60)
