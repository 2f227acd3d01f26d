"""Limits on guesses, mails, uploads and previews. Each attempt is counted before it runs; the first one begins a window.

A counter's key is a keyed hash, so that the table names no account and no address. The conditions of the writes hold
the limit under concurrent callers. A counter that cannot be written refuses, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from chalicelib.kit import attempt_windows, clock, logs, rate_limit_headers, retries, signing, tables
from chalicelib.kit.attempt_windows import Window
from chalicelib.kit.errors import TooManyRequests, Unavailable, WriteConflict
from chalicelib.kit.models import Attempt
from chalicelib.kit.rate_limit_headers import RateLimit
from chalicelib.kit.tables import Table, Transaction

log = logs.logger("attempts")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` attempts of a purpose in `window`.

    `is_reported`: responses say what is left of it (`kit/rate_limit_headers.py`). Only for a limit that counts the caller
    alone; the state of others tells of other callers.
    """

    purpose: str
    count: int
    window: timedelta
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of one account, address, device or recipient."""

    limit: Limit
    key: str


@dataclass(frozen=True, slots=True)
class CountedAttempt:
    """An attempt that was counted in the window that ends then."""

    counter: Counter
    window_ends_at: datetime


@dataclass(frozen=True, slots=True)
class FullCounter:
    """A counter that refuses attempts until the time `until`."""

    counter: Counter
    until: datetime


def counter(limit: Limit, *values: str) -> Counter:
    """Return the counter of these values, such as an account and an address."""
    digest = signing.keyed_digest("attempts", "\n".join((limit.purpose, *values)).encode())
    return Counter(limit, f"{limit.purpose}/{digest}")


def network_of(source_ip: str) -> str:
    """Return the part of a caller's address that is counted: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        address = ip_address(source_ip)
    except ValueError:
        return source_ip
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


def keys(counters: Sequence[Counter]) -> list[tuple[type[Table], tuple[str, ...]]]:
    """Return the keys of the counters' rows, so that a caller can read them together with other rows."""
    return [(Attempt, (each.key,)) for each in counters]


def count(counters: Sequence[Counter], rows: Sequence[Table | None] | None = None) -> list[CountedAttempt]:
    """Count one attempt in every counter, or in none.

    `rows` are the counters' rows if the caller has read them. Raises TooManyRequests if a limit is reached, or if the
    counters cannot be written.
    """
    if rows is not None:
        try:
            return _count(counters, rows)
        except WriteConflict:
            log.info("attempt counted again: its counters changed")
    try:
        return retries.retry_conflicts(lambda: _count(counters, tables.get_many(keys(counters), consistent=True)))
    except Unavailable as error:
        raise TooManyRequests from error


def allows(*counters: Counter) -> bool:
    """Count one attempt in every counter and return True; if a limit is reached, count none and return False."""
    try:
        count(counters)
    except TooManyRequests:
        return False
    return True


def claim(counter: Counter) -> CountedAttempt | None:
    """Count the only attempt of a window, with one write; None if it was counted. Raises Unavailable."""
    now = clock.now()
    ends_at = now + counter.limit.window
    is_over = Attempt.key.does_not_exist() | (Attempt.window_ends_at <= now) | (Attempt.failures == 0)
    return CountedAttempt(counter, ends_at) if tables.put_if(_first(counter, ends_at), is_over) else None


def take_back(attempts: Sequence[CountedAttempt]) -> None:
    """Remove attempts that succeeded from their counters. If that fails, they stay counted until their windows end."""
    try:
        with Transaction() as transaction:
            stage_take_back(transaction, attempts)
    except (WriteConflict, Unavailable):
        log.info("attempts stay counted: their counters changed")


def stage_take_back(transaction: Transaction, attempts: Sequence[CountedAttempt]) -> None:
    """Stage the removal of attempts from their counters; WriteConflict if a window has ended."""
    for each in attempts:
        is_same_window = (Attempt.window_ends_at == each.window_ends_at) & (Attempt.failures > 0)
        row = Attempt(each.counter.key)
        transaction.update(row, [Attempt.failures.add(-1)], is_same_window, otherwise=WriteConflict())


def hold(attempt: CountedAttempt, until: datetime) -> None:
    """Keep a counted attempt until a later time."""
    row = Attempt(attempt.counter.key)
    row.update([Attempt.window_ends_at.set(until), Attempt.expires_epoch.set(until)])


def _count(counters: Sequence[Counter], rows: Sequence[Table | None]) -> list[CountedAttempt]:
    """Stage one write for each counter and commit them. Raises TooManyRequests, WriteConflict."""
    try:
        with Transaction() as transaction:
            counted = stage(transaction, counters, rows)
    except Unavailable as error:
        raise TooManyRequests from error
    except Exception as error:
        if tables.is_throttled(error):
            raise TooManyRequests from error
        raise
    return counted


def stage(transaction: Transaction, counters: Sequence[Counter], rows: Sequence[Table | None]) -> list[CountedAttempt]:
    """Stage one attempt in every counter; `rows` are the counters' rows, read consistently.

    The transaction fails with WriteConflict if a row changed and its limit may be reached. Raises TooManyRequests if a
    limit is reached; its Retry-After is the time until no counter is full.
    """
    now = clock.now()
    full = find_full_counter(counters, rows)
    if full is not None:
        raise TooManyRequests(headers=refusal_headers(full))
    return [
        CountedAttempt(each, _stage_one(transaction, each, _window(row), now))
        for each, row in zip(counters, rows, strict=True)
    ]


def find_full_counter(counters: Sequence[Counter], rows: Sequence[Table | None]) -> FullCounter | None:
    """Return the full counter whose window ends last; None if no counter is full. `rows` are the counters' rows."""
    now = clock.now()
    ends = [
        (each, attempt_windows.full_until(_window(row), each.limit.count, now))
        for each, row in zip(counters, rows, strict=True)
    ]
    full = [FullCounter(each, until) for each, until in ends if until is not None]
    return max(full, key=lambda each: each.until, default=None)


def refusal_headers(full: FullCounter) -> dict[str, str]:
    """Return Retry-After with the time until the counter allows attempts, and its limit if it is reported."""
    limit = full.counter.limit
    limits = [RateLimit(limit.purpose, limit.count, limit.window, 0, full.until)] if limit.is_reported else []
    return {**rate_limit_headers.retry_after(full.until), **rate_limit_headers.rate_limit_headers(limits)}


def _window(row: Table | None) -> Window | None:
    return Window(row.failures, row.window_ends_at) if isinstance(row, Attempt) else None


def _stage_one(transaction: Transaction, counter: Counter, window: Window | None, now: datetime) -> datetime:
    """Stage the write of one counter that is not full, and return the end of its window."""
    limit = counter.limit
    counted = attempt_windows.count_attempt(window, limit.window, now)
    ends_at = counted.ends_at
    if limit.is_reported:
        left = limit.count - counted.count
        rate_limit_headers.report(RateLimit(limit.purpose, limit.count, limit.window, left, ends_at))
    if window is None or window.ends_at <= now:
        is_over = Attempt.key.does_not_exist() | (Attempt.window_ends_at <= now)
        transaction.put(_first(counter, ends_at), condition=is_over, otherwise=WriteConflict())
    else:
        is_free = (Attempt.window_ends_at == ends_at) & (Attempt.failures < limit.count)
        transaction.update(Attempt(counter.key), [Attempt.failures.add(1)], is_free, otherwise=WriteConflict())
    return ends_at


def _first(counter: Counter, ends_at: datetime) -> Attempt:
    """Return the row of a window with one attempt."""
    return Attempt(counter.key, failures=1, window_ends_at=ends_at, expires_epoch=ends_at)
