"""The app proxy's signature."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.shopify.signature import TOLERANCE, sign_proxy_query, verify_proxy_signature

NOW = 1_317_327_555
# shopify.dev, "Authenticate app proxies".
PUBLISHED = {
    "extra": ["1", "2"],
    "shop": ["shop-name.myshopify.com"],
    "logged_in_customer_id": ["1"],
    "path_prefix": ["/apps/awesome_reviews"],
    "timestamp": [str(NOW)],
    "signature": ["4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"],
}


def sign(query: dict[str, list[str]], secret: str = "hush") -> dict[str, list[str]]:
    return {**query, "signature": [sign_proxy_query(query, secret)]}


def test_published_vectors() -> None:
    assert verify_proxy_signature(PUBLISHED, "hush", NOW)
    # shopify_app, app_proxy_verification_test.rb, basic_query_string
    text = "shop=some-random-store.myshopify.com&path_prefix=%2Fapps%2Fmy-app&timestamp=1466106083"
    signature = "f5cd7233558b1c50102a6f33c0b63ad1e1072a2fc126cb58d4500f75223cefcd"
    assert verify_proxy_signature({**parse_qs(text), "signature": [signature]}, "secret", 1_466_106_083)
    assert not verify_proxy_signature({**parse_qs(text + "&evil=1"), "signature": [signature]}, "secret", 1_466_106_083)


def test_complex_arguments() -> None:
    # shopify_app, app_proxy_verification_test.rb, query_string_complex_args
    text = (
        "shop=some-random-store.myshopify.com&path_prefix=%2Fapps%2Fmy-app&timestamp=1466106083&foo=bar"
        "&baz[1]&baz[2]=b&baz[c[0]]=whatup&baz[c[1]]=notmuch"
    )
    signature = "bbf3aa60e098f08919a2ea4c64a388414f164e6a117a63b03479ac7aa9464b4f"
    assert sign_proxy_query(parse_qs(text, keep_blank_values=True), "secret") == signature


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1, max_size=3), max_size=5))
def test_a_signature_is_valid_for_its_secret_only(query: dict[str, list[str]]) -> None:
    genuine = sign({**query, "shop": ["a.myshopify.com"], "timestamp": [str(NOW)]})
    assert verify_proxy_signature(genuine, "hush", NOW)
    assert not verify_proxy_signature(genuine, "other", NOW)


@given(st.integers(-200, 200))
def test_past_and_future_timestamps_are_refused(off: int) -> None:
    genuine = sign({"shop": ["a.myshopify.com"], "timestamp": [str(NOW + off)]})
    assert verify_proxy_signature(genuine, "hush", NOW) == (abs(off) <= TOLERANCE)


@pytest.mark.parametrize("signature", [[], [""], PUBLISHED["signature"] * 2])
def test_exactly_one_signature_is_required(signature: list[str]) -> None:
    assert not verify_proxy_signature({**PUBLISHED, "signature": signature}, "hush", NOW)


@pytest.mark.parametrize("name", ["timestamp", "shop"])
def test_absent_or_repeated_parameters_are_refused_even_when_signed(name: str) -> None:
    for values in ([], PUBLISHED[name] * 2):
        assert not verify_proxy_signature(sign({**PUBLISHED, name: values}), "hush", NOW)


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", f"{NOW}.0", "٣", "7" * 400])
def test_a_timestamp_must_be_a_number(timestamp: str) -> None:
    assert not verify_proxy_signature(sign({**PUBLISHED, "timestamp": [timestamp]}), "hush", NOW)
