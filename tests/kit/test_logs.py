"""Logs: correlation ids, and masking of secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import logs
from tests.kit.conftest import CaptureLog

SECRETS = [
    "shpat_0123456789abcdef0123456789abcdef",
    "sk_test_FAKEFAKEFAKEFAKEFAKE",
    "rk_live_FAKEFAKEFAKEFAKEFAKE",
    "whsec_FAKEFAKEFAKEFAKEFAKE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "ann.lee+shop@example.co.uk",
]
URL = "https://a.myshopify.com/admin?code=abc123&hmac=def456&shop=a.myshopify.com&state=ghi789&X-Amz-Signature=jkl012"


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_masked_by_pattern(secret: str) -> None:
    for shape in (secret, f"before {secret}, after", [secret], {"note": {"deep": (secret,)}}):
        assert secret not in json.dumps(logs.redact(shape))


def test_urls_keep_parameters_that_are_not_secret() -> None:
    masked = logs.redact(URL)
    assert "shop=a.myshopify.com" in masked
    assert not [secret for secret in ("abc123", "def456", "ghi789", "jkl012") if secret in masked]


@pytest.mark.parametrize(
    "name",
    ["access_token", "client_secret", "Password", "Authorization", "email", "e_mail", "phone", "first_name", "Cookie",
     "address1", "X-Shopify-Hmac-Sha256", "api_key"],
)  # fmt: skip
def test_members_are_masked_by_their_name(name: str) -> None:
    assert logs.redact({name: "opaque", "shop": "a"}) == {name: "***", "shop": "a"}


@given(st.recursive(st.none() | st.booleans() | st.integers(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
def test_other_values_are_not_masked(value: Any) -> None:
    assert json.dumps(logs.redact(value))


@dataclass
class Row:
    access_token: str


def test_lines_are_json_with_level_service_and_time(capture_log: CaptureLog) -> None:
    log = logs.logger("sample")
    with capture_log("sample") as lines:
        log.warning("hello", extra={"count": 3, "price": Decimal("1.50")})
    [line] = lines()
    assert (line["level"], line["message"], line["service"]) == ("WARNING", "hello", "backroom-test.sample")
    assert (line["count"], line["price"]) == (3, "1.50")
    assert line["timestamp"].endswith("+00:00")


def test_no_secret_is_logged(capture_log: CaptureLog) -> None:
    log = logs.logger("sample")
    secret = SECRETS[0]
    with capture_log("sample") as lines:
        log.warning("token %s", secret)
        log.warning("x", extra={"nested": {"token": secret}, "items": [secret]})
        log.warning("x", extra={"error": ValueError(f"bad {secret}"), "row": Row(secret), "set": {secret}})
        try:
            raise ValueError(f"bad {secret}")
        except ValueError:
            log.exception("failed")
    assert len(lines()) == 4
    assert secret not in json.dumps(lines())


def test_bound_fields_are_on_every_line(capture_log: CaptureLog) -> None:
    log = logs.logger("sample")
    with capture_log("sample") as lines:
        with logs.bound(request_id="r1"):
            logs.bind(tenant="shop:a")
            log.warning("in")
            with logs.bound(request_id="r2"):
                log.warning("deeper")
        log.warning("out")
    inside, deeper, outside = lines()
    assert (inside["request_id"], inside["tenant"]) == ("r1", "shop:a")
    assert (deeper["request_id"], deeper["tenant"]) == ("r2", "shop:a")
    assert "request_id" not in outside
    assert logs.current("tenant") is None
