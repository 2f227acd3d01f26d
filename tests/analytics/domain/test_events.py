from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.events import EventRefused, canonical_json, parse_event
from chalicelib.analytics.enums import CollectedType

ID = "0b9d1a52-6b3c-4f0e-9d55-2d3c1f0b8e64"
EVENT = {"id": ID, "type": "user_action", "name": "button_clicked", "at": "2026-03-29T10:00:00Z"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def code_of(document: object) -> str | None:
    try:
        parse_event(document)
    except EventRefused as refused:
        return refused.code
    return None


def nested(depth: int) -> object:
    return {} if depth == 1 else {"a": nested(depth - 1)}


def test_event_with_every_field_is_parsed():
    event = parse_event(
        {
            **EVENT,
            "id": ID.upper(),
            "version": 3,
            "user_id": "gid://shopify/Customer/1",
            "session_id": "s-1",
            "time_zone": "Europe/Paris",
            "path": "/a?b=c",
            "referrer": "https://a.example/",
            "utm": {"utm_source": "news"},
            "data": {"b": [1], "a": None},
            "value": "19.90",
            "currency": "EUR",
        }
    )
    assert event.id == str(UUID(ID))
    assert (event.type, event.value, event.version) == (CollectedType.USER_ACTION, Decimal("19.9"), 3)
    assert canonical_json(event.data or {}) == '{"a":null,"b":[1]}'


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "a"}, "unknown_field"),
        ({"name": None}, "missing_field"),
        ({"id": "1"}, "invalid_id"),
        ({"id": ID.replace("-", "")}, "invalid_id"),
        ({"type": "bot"}, "invalid_type"),
        ({"type": []}, "invalid_type"),
        ({"name": "Button"}, "invalid_name"),
        ({"name": "a" * 65}, "invalid_name"),
        ({"name": "a'; drop table x --"}, "invalid_name"),
        ({"name": "a\n"}, "invalid_name"),
        ({"at": "2026-03-29T10:00:00"}, "invalid_at"),
        ({"at": 1_774_742_400}, "invalid_at"),
        ({"at": "1969-12-31T23:59:59Z"}, "invalid_at"),
        ({"at": "9999-12-31T23:59:59-10:00"}, "invalid_at"),
        ({"version": -1}, "invalid_version"),
        ({"version": True}, "invalid_version"),
        ({"version": 2**53}, "invalid_version"),
        ({"user_id": "mia@a.example"}, "invalid_user_id"),
        ({"user_id": ""}, "invalid_user_id"),
        ({"session_id": "s" * 129}, "invalid_session_id"),
        ({"time_zone": "../etc/passwd"}, "invalid_time_zone"),
        ({"path": "/" + "a" * 500}, "invalid_path"),
        ({"path": "/\ud800"}, "invalid_path"),
        ({"utm": {"gclid": "1"}}, "invalid_utm"),
        ({"utm": {"utm_source": 1}}, "invalid_utm"),
        ({"data": []}, "invalid_data"),
        ({"data": {"a": float("nan")}}, "invalid_data"),
        ({"data": {"a": "\x00"}}, "invalid_data"),
        ({"data": {"a": "b" * 4_000}}, "data_too_large"),
        ({"data": nested(4)}, "data_too_deep"),
        ({"value": float("nan")}, "invalid_value"),
        ({"value": "NaN"}, "invalid_value"),
        ({"value": float("inf")}, "invalid_value"),
        ({"value": True}, "invalid_value"),
        ({"value": 10**39}, "invalid_value"),
        ({"value": "9" * 40}, "invalid_value"),
        ({"value": "0." + "1" * 38}, "invalid_value"),
        ({"value": "1e999999999"}, "invalid_value"),
        ({"value": 1e300}, "invalid_value"),
        ({"currency": "eur"}, "invalid_currency"),
    ],
)
def test_invalid_field_refuses_the_event_with_its_code(change, code):
    assert code_of({**EVENT, **change}) == code


def test_limits_themselves_are_valid():
    largest = {"a": "b" * (4_000 - len('{"a":""}'))}
    change = {"name": "a" * 64, "path": "/" + "a" * 499, "data": largest, "value": "1" * 28 + "." + "2" * 9}
    assert code_of({**EVENT, **change}) is None
    assert code_of({**EVENT, "data": nested(3)}) is None
    assert code_of({**EVENT, "value": "9" * 28}) is None


@given(JSON)
def test_any_json_value_is_parsed_or_refused_with_a_code(document):
    code_of(document)
    code_of({**EVENT, "data": document})
    code_of({**EVENT, "value": document, "version": document, "utm": document})


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**15), max_value=10**15))
def test_decimal_text_is_kept_exactly(value):
    assert parse_event({**EVENT, "value": format(value, "f")}).value == value


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_json_number_is_rounded_to_the_scale_of_the_lake(value):
    rounded = parse_event({**EVENT, "value": value}).value
    assert rounded is not None
    assert abs(rounded - Decimal(value)) <= Decimal("0.0001")
