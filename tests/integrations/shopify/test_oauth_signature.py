"""Signature of OAuth queries."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.shopify.signature import sign_oauth_query, verify_oauth_signature

NOW = 1_337_178_173
# Shopify's documentation, as in shopify_python_api, test/session_test.py (test_hmac_calculation).
PUBLISHED = {
    "shop": ["some-shop.myshopify.com"],
    "code": ["a94a110d86d2452eb3e2af4cfb8a3828"],
    "timestamp": [str(NOW)],
    "hmac": ["2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2"],
}
queries = st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=20).map(lambda value: [value]), max_size=6)


def sign(query: dict[str, list[str]], secret: str = "hush") -> dict[str, list[str]]:
    return {**query, "hmac": [sign_oauth_query(query, secret)]}


def test_published_vector() -> None:
    assert verify_oauth_signature(PUBLISHED, "hush", NOW)
    assert sign_oauth_query({**PUBLISHED, "signature": ["old scheme"]}, "hush") == PUBLISHED["hmac"][0]


def test_spaces_are_percent_encoded() -> None:
    # shopify-app-js, hmac-validator.test.ts: "queries with extra keys…", "spaces in param values are percent-encoded"
    text = "code=some%20code%20goes%20here&foo=bar&shop=the%20shop%20URL&state=some%20nonce%20passed%20from%20auth"
    query = {
        "foo": ["bar"],
        "code": ["some code goes here"],
        "state": ["some nonce passed from auth"],
        "shop": ["the shop URL"],
    }
    assert sign_oauth_query(query, "my super secret key") == _hex(text, "my super secret key")


def test_delimiters_are_escaped_in_names_and_values() -> None:
    assert sign_oauth_query({"a": ["1&b=2"], "c=3&d": ["4%"]}, "secret") == _hex("a=1%26b%3D2&c%3D3%26d=4%25", "secret")


@given(queries)
def test_no_two_queries_share_a_signed_text(query: dict[str, list[str]]) -> None:
    """Moving a delimiter from a value into the structure of the query changes the signature."""
    text = "&".join(f"{name}={value}" for name, [value] in query.items())
    if len(query) > 1:
        assert sign_oauth_query({"all": [text]}, "hush") != sign_oauth_query(query, "hush")


@given(queries, st.integers(-90, 90))
def test_a_fresh_signature_is_valid(query: dict[str, list[str]], off: int) -> None:
    genuine = sign({**query, "timestamp": [str(NOW + off)]})
    assert verify_oauth_signature(genuine, "hush", NOW)
    assert not verify_oauth_signature(genuine, "hush!", NOW)


@given(st.sampled_from(sorted(PUBLISHED)), st.integers(0, 10_000))
def test_any_changed_character_is_detected(name: str, position: int) -> None:
    value = PUBLISHED[name][0]
    at = position % len(value)
    changed_value = value[:at] + ("a" if value[at] != "a" else "b") + value[at + 1 :]
    assert not verify_oauth_signature({**PUBLISHED, name: [changed_value]}, "hush", NOW)


@pytest.mark.parametrize(
    "timestamp", [str(NOW - 91), str(NOW + 91), "", "soon", "1e9", "-5", "٣", f"{NOW}.0", "7" * 400]
)
def test_other_times_are_refused(timestamp: str) -> None:
    assert not verify_oauth_signature(sign({"shop": ["a.myshopify.com"], "timestamp": [timestamp]}), "hush", NOW)


@pytest.mark.parametrize("name", ["hmac", "timestamp"])
def test_absent_empty_and_repeated_parameters_are_refused(name: str) -> None:
    value = PUBLISHED[name][0]
    without = {key: values for key, values in PUBLISHED.items() if key != name}
    for query in (without, {**without, name: [""]}, {**without, name: [value, value]}, {**without, name: []}):
        assert not verify_oauth_signature(query, "hush", NOW)


def test_a_repeated_parameter_is_refused_even_when_signed() -> None:
    assert not verify_oauth_signature(sign({"shop": ["a", "b"], "timestamp": [str(NOW)]}), "hush", NOW)


def _hex(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
