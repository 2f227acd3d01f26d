"""Cached values: one caller computes, others get the last value."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pynamodb.expressions.update import Action

from chalicelib.kit import aws, cached_values, clock
from chalicelib.kit.cached_values import CacheKey, get_or_compute
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import CachedValue

KEY = CacheKey("shop:a.myshopify.com:discounts", "dashboard/30")


class Computation:
    """Counts its runs; each returns another text. A closed gate holds a run."""

    def __init__(self) -> None:
        self.runs = 0
        self.started, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.runs += 1
            text = f"value {self.runs}"
        self.started.set()
        assert self.gate.wait(60)
        return text


def set_back(age: timedelta) -> None:
    """Make the stored value this old."""
    row = CachedValue(KEY.subject, KEY.name)
    row.update([CachedValue.computed_at.set(clock.now() - age)])


def test_a_value_is_computed_once_in_five_minutes() -> None:
    compute = Computation()
    assert [get_or_compute(KEY, compute) for _ in range(3)] == ["value 1"] * 3
    set_back(timedelta(minutes=5, seconds=1))
    assert [get_or_compute(KEY, compute) for _ in range(3)] == ["value 2"] * 3
    assert get_or_compute(CacheKey(KEY.subject, "dashboard/7"), compute) == "value 3"


def test_a_cached_value_costs_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    get_or_compute(KEY, Computation())
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="count")
    try:
        assert get_or_compute(KEY, Computation()) == "value 1"
    finally:
        events.unregister("before-call.dynamodb", unique_id="count")
    assert calls == ["GetItem"]


def test_fifty_callers_of_a_cold_cache_compute_once() -> None:
    compute, barrier = Computation(), threading.Barrier(50)

    def call(_: int) -> str:
        barrier.wait(60)
        return get_or_compute(KEY, compute)

    with ThreadPoolExecutor(50) as pool:
        values = set(pool.map(call, range(50)))
    assert (values, compute.runs) == ({"value 1"}, 1)


def test_callers_get_the_last_value_while_the_next_is_computed() -> None:
    compute = Computation()
    get_or_compute(KEY, compute)
    set_back(timedelta(minutes=6))
    compute.started.clear()
    compute.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        owner = pool.submit(get_or_compute, KEY, compute)
        assert compute.started.wait(60)
        assert [get_or_compute(KEY, compute) for _ in range(5)] == ["value 1"] * 5
        compute.gate.set()
        assert owner.result() == "value 2"
    assert (get_or_compute(KEY, compute), compute.runs) == ("value 2", 2)


def test_the_lease_of_a_crashed_owner_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its late result is not stored over the next owner's."""
    now = clock.now()
    until = now + cached_values.LEASE
    CachedValue(KEY.subject, KEY.name, leased_until=until, expires_epoch=now + cached_values.KEEP).save()
    compute = Computation()
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unavailable):
        get_or_compute(KEY, compute)
    assert compute.runs == 0
    monkeypatch.setattr(clock, "now", lambda: until + timedelta(seconds=1))
    assert get_or_compute(KEY, compute) == "value 1"
    cached_values._store(KEY, until, (now, cached_values._compress("late")))
    assert get_or_compute(KEY, compute) == "value 1"


def test_a_failed_computation_releases_the_lease() -> None:
    def fail() -> str:
        raise RuntimeError("no figures")

    with pytest.raises(RuntimeError):
        get_or_compute(KEY, fail)
    compute = Computation()
    assert get_or_compute(KEY, compute) == "value 1"
    set_back(timedelta(minutes=6))
    with pytest.raises(RuntimeError):
        get_or_compute(KEY, fail)
    row = CachedValue.get(KEY.subject, KEY.name)
    assert row.value is not None
    assert row.leased_until is None


def test_an_expired_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB deletes expired rows late; until then another caller may compute the next value."""
    compute = Computation()
    get_or_compute(KEY, compute)
    now = clock.now()
    actions: list[Action] = [
        CachedValue.computed_at.set(now - timedelta(days=2)),
        CachedValue.expires_epoch.set(now - timedelta(days=1)),
        CachedValue.leased_until.set(now + cached_values.LEASE),
    ]
    CachedValue(KEY.subject, KEY.name).update(actions)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unavailable):
        get_or_compute(KEY, compute)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
    assert get_or_compute(KEY, compute) == "value 2"


def test_a_value_too_large_for_an_item_is_returned_but_not_cached() -> None:
    numbers = random.Random(1)
    large = "".join(chr(numbers.randrange(0x4E00, 0x9FFF)) for _ in range(200_000))
    compute = Computation()
    assert get_or_compute(KEY, lambda: large) == large
    assert CachedValue.get(KEY.subject, KEY.name).value is None
    assert [get_or_compute(KEY, compute) for _ in range(2)] == ["value 1", "value 2"]
    fits = large[:100_000]
    set_back(timedelta(minutes=6))
    assert get_or_compute(KEY, lambda: fits) == fits
    assert get_or_compute(KEY, compute) == fits
