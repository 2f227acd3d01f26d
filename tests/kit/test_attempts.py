"""Counters of attempts: their limits, their windows, and concurrent callers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.kit import attempts, clock
from chalicelib.kit.attempts import Limit, counter
from chalicelib.kit.errors import TooManyRequests
from chalicelib.kit.models import Attempt
from chalicelib.kit.tables import Transaction

QUARTER = timedelta(minutes=15)
LIMIT = Limit("guess", 3, QUARTER)


def test_a_counter_refuses_above_its_limit_and_says_until_when(stopped_clock: datetime) -> None:
    ada = counter(LIMIT, "ada")
    for _ in range(3):
        attempts.count([ada])
    with pytest.raises(TooManyRequests) as refusal:
        attempts.count([ada])
    assert refusal.value.headers == {"Retry-After": "900"}
    attempts.count([counter(LIMIT, "ben")])


def test_a_window_begins_with_its_first_attempt(stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = counter(LIMIT, "ada")
    attempts.count([ada])
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + QUARTER - timedelta(seconds=1))
    assert [attempts.allows(ada) for _ in range(3)] == [True, True, False]
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + QUARTER)
    assert [attempts.allows(ada) for _ in range(4)] == [True, True, True, False]


def test_a_refusal_counts_in_no_counter() -> None:
    full, free = counter(LIMIT, "full"), counter(Limit("all", 4, QUARTER), "all")
    for _ in range(3):
        attempts.count([full])
    for _ in range(5):
        assert not attempts.allows(free, full)
    assert [attempts.allows(free) for _ in range(5)] == [True, True, True, True, False]


def test_a_success_takes_its_attempt_back() -> None:
    ada = counter(LIMIT, "ada")
    for _ in range(8):
        attempts.take_back(attempts.count([ada]))
    assert [attempts.allows(ada) for _ in range(4)] == [True, True, True, False]


def test_a_success_of_an_earlier_window_takes_nothing_back(
    stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = counter(LIMIT, "ada")
    early = attempts.count([ada])
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + QUARTER)
    attempts.count([ada])
    attempts.take_back(early)
    assert Attempt.get(ada.key).failures == 1


def test_the_limit_holds_under_parallel_guesses() -> None:
    pair = [counter(Limit("account", 10, QUARTER), "ada"), counter(Limit("address", 100, QUARTER), "10.0.0.1")]
    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(lambda _: attempts.allows(*pair), range(50)))
    assert sum(results) <= 10
    assert [Attempt.get(each.key).failures for each in pair] == [sum(results)] * 2


def test_rows_that_the_caller_has_read_may_be_stale() -> None:
    ada = counter(LIMIT, "ada")
    for _ in range(3):
        attempts.count([ada], [None])
    with pytest.raises(TooManyRequests):
        attempts.count([ada], [None])


def test_a_throttled_counter_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(self: Transaction) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")

    monkeypatch.setattr(Transaction, "_commit", throttle)
    assert not attempts.allows(counter(LIMIT, "ada"))


def test_a_counter_names_nobody() -> None:
    key = counter(LIMIT, "ada@example.com").key
    assert key.startswith("guess/")
    assert "ada" not in key
    assert key != counter(Limit("other", 3, QUARTER), "ada@example.com").key.replace("other/", "guess/")
    assert counter(LIMIT, "a", "b").key != counter(LIMIT, "ab").key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert attempts.network_of(address) == network
