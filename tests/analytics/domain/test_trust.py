from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.events import Event, EventRefused
from chalicelib.analytics.domain.trust import Source, check_sender, is_allowed_origin
from chalicelib.analytics.enums import CollectedType

EVENTS = st.builds(
    Event,
    id=st.just("0b9d1a52-6b3c-4f0e-9d55-2d3c1f0b8e64"),
    type=st.sampled_from([kind for kind in CollectedType if kind is not CollectedType.BOT]),
    name=st.just("name"),
    at=st.just(datetime(2026, 3, 29, tzinfo=UTC)),
    version=st.integers(0, 2),
    user_id=st.none() | st.just("mia"),
    time_zone=st.none() | st.just("Europe/Berlin"),
    value=st.none() | st.just(Decimal(0)),
)


def is_allowed(event: Event, source: Source) -> bool:
    try:
        check_sender(event, source)
    except EventRefused:
        return False
    return True


@given(EVENTS)
def test_public_key_names_no_user_money_zone_or_version(event):
    harmless = event.type not in (CollectedType.SYSTEM, CollectedType.PAYMENT) and not event.version
    anonymous = event.user_id is None and event.time_zone is None and event.value is None
    assert is_allowed(event, Source.BROWSER) == (harmless and anonymous)


@given(EVENTS)
def test_member_may_send_what_a_public_key_may(event):
    assert is_allowed(event, Source.MEMBER) == is_allowed(event, Source.BROWSER)


@given(EVENTS)
def test_server_may_send_all_but_payments(event):
    assert is_allowed(event, Source.SERVER) == (event.type is not CollectedType.PAYMENT)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.example", True),
        ("https://a.example:443", False),
        ("https://A.example", False),
        ("http://a.example", False),
        ("https://a.example.evil.example", False),
        ("https://sub.a.example", False),
        ("null", False),
        (None, False),
    ],
)
def test_origin_is_compared_exactly(origin, allowed):
    assert is_allowed_origin(origin, ["https://a.example"]) is allowed


def test_missing_origin_counts_as_null():
    assert is_allowed_origin(None, ["null"])
    assert is_allowed_origin("null", ["null"])
