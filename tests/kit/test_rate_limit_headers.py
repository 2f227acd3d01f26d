"""Headers of limits: RateLimit, RateLimit-Policy and Retry-After."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.kit import attempts, clock, rate_limit_headers
from chalicelib.kit.attempts import Limit
from chalicelib.kit.errors import Problem, TooManyRequests, Unavailable
from chalicelib.kit.rate_limit_headers import RateLimit
from infra.deploy import handlers

OWN = Limit("tests/own", 2, timedelta(minutes=1), is_reported=True)
PROTECTIVE = Limit("tests/address", 1, timedelta(minutes=1))


def problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from problems(sub)


def test_every_429_and_503_has_retry_after() -> None:
    handlers.chalice_app()  # imports every context
    limited = [kind for kind in problems() if kind.status in (429, 503)]
    assert len(limited) > 8
    for kind in limited:
        assert issubclass(kind, TooManyRequests | Unavailable), kind
        if all(each.default is not each.empty for each in list(inspect.signature(kind).parameters.values())):
            assert int(kind().headers["Retry-After"]) > 0, kind


def test_a_limit_is_written_as_the_draft_says() -> None:
    limit = RateLimit("calls", 100, timedelta(hours=1), 7, clock.now() + timedelta(seconds=30))
    assert rate_limit_headers.rate_limit_headers([limit]) == {
        "RateLimit-Policy": '"calls";q=100;w=3600',
        "RateLimit": '"calls";r=7;t=30',
    }
    assert rate_limit_headers.rate_limit_headers([]) == {}


def test_attempts_report_what_is_left_and_a_refusal_when_it_resets() -> None:
    counters = [attempts.counter(OWN, "ann"), attempts.counter(Limit("tests/hidden", 5, timedelta(minutes=1)), "ann")]
    left = []
    for _ in range(2):
        with rate_limit_headers.collected() as limits:
            attempts.count(counters)
        left.append({name: limit.remaining for name, limit in limits.items()})
    assert left == [{"tests/own": 1}, {"tests/own": 0}]
    with pytest.raises(TooManyRequests) as refused:
        attempts.count(counters)
    headers = refused.value.headers
    assert headers["RateLimit-Policy"] == '"tests/own";q=2;w=60'
    assert headers["RateLimit"] == f'"tests/own";r=0;t={headers["Retry-After"]}'
    assert 55 <= int(headers["Retry-After"]) <= 60


def test_a_limit_that_protects_an_address_tells_only_when_to_retry() -> None:
    counter = attempts.counter(PROTECTIVE, "ann@example.com")
    with rate_limit_headers.collected() as limits:
        attempts.count([counter])
        with pytest.raises(TooManyRequests) as refused:
            attempts.count([counter])
    assert limits == {}
    assert list(refused.value.headers) == ["Retry-After"]
