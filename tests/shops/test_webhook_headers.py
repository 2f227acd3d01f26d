"""Signature and headers of a webhook delivery."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.shopify.signature import sign_webhook, verify_webhook_signature
from chalicelib.kit import signing
from chalicelib.shops import webhook_headers

FACTS = {
    "topic": "orders/paid",
    "shop-domain": "a.myshopify.com",
    "webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    "triggered-at": "2026-03-29T18:00:27.877041743Z",
}


def build_headers(prefix: str = "x-shopify-", **changed: str | None) -> dict[str, str]:
    facts = FACTS | {name.replace("_", "-"): value for name, value in changed.items()}
    return {prefix + name: value for name, value in facts.items() if value is not None}


def test_published_vector() -> None:
    # shopify_app, webhook_verification_test.rb: "foo=anything" under "secret"
    signature = "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="
    for name in ("x-shopify-hmac-sha256", "shopify-hmac-sha256"):
        assert verify_webhook_signature(webhook_headers.find_signature({name: signature}), b"foo=anything", "secret")
    assert not verify_webhook_signature(
        webhook_headers.find_signature({"x-shopify-hmac-sha256": signature}), b"foo=anything", "old_secret"
    )


@given(st.binary(), st.text(min_size=1), st.binary(min_size=1))
def test_only_the_signed_bytes_are_valid(body: bytes, secret: str, more: bytes) -> None:
    headers = {"x-shopify-hmac-sha256": sign_webhook(body, secret)}
    assert verify_webhook_signature(webhook_headers.find_signature(headers), body, secret)
    assert not verify_webhook_signature(webhook_headers.find_signature(headers), body + more, secret)
    assert not verify_webhook_signature(webhook_headers.find_signature({}), body, secret)


@given(st.text())
def test_any_text_as_signature_is_refused(text: str) -> None:
    assert not verify_webhook_signature(
        webhook_headers.find_signature({"x-shopify-hmac-sha256": text}), b"body", "secret"
    )


def test_our_own_signatures_are_no_webhook_hmac() -> None:
    token = signing.sign("shops-install", b"{}")
    for part in (token, *token.split(".")):
        assert not verify_webhook_signature(
            webhook_headers.find_signature({"x-shopify-hmac-sha256": part}), b"{}", "secret"
        )


@pytest.mark.parametrize("prefix", ["x-shopify-", "shopify-"])
def test_both_header_families_are_parsed(prefix: str) -> None:
    result = webhook_headers.parse_webhook_headers(build_headers(prefix))
    assert (result.topic, result.shop, result.webhook_id, result.event_id) == tuple(FACTS.values())[:4]
    assert result.triggered_at == datetime(2026, 3, 29, 18, 0, 27, 877041, UTC)


def test_the_newer_header_family_may_omit_the_event_id() -> None:
    assert webhook_headers.parse_webhook_headers(build_headers("shopify-", event_id=None)).event_id is None


def test_missing_headers_are_named() -> None:
    with pytest.raises(webhook_headers.HeadersMissing) as error:
        webhook_headers.parse_webhook_headers(build_headers(topic=None, webhook_id=""))
    assert error.value.names == ["X-Shopify-Topic", "X-Shopify-Webhook-Id"]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-03-29T18:00:27", "1999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_malformed_time_is_dropped(text: str) -> None:
    result = webhook_headers.parse_webhook_headers(build_headers(triggered_at=text))
    assert (result.triggered_at, result.is_time_malformed) == (None, True)


@pytest.mark.parametrize("text", [None, "", "2026-03-29T18:00:27Z"])
def test_a_missing_or_valid_time_is_not_malformed(text: str | None) -> None:
    assert not webhook_headers.parse_webhook_headers(build_headers(triggered_at=text)).is_time_malformed
