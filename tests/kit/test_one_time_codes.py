"""One-time codes: the vectors of RFC 6238, the window, and other text."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit import one_time_codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""Of the test vectors (RFC 6238, appendix B)."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (2_000_000_000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert one_time_codes.find_step(SECRET, code, now) == seconds // 30


@pytest.mark.parametrize(("steps", "is_accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(steps: int, is_accepted: bool) -> None:
    now = datetime.fromtimestamp(59, UTC) + timedelta(seconds=30 * 1_000)
    moment = now + timedelta(seconds=30 * steps)
    code = one_time_codes._totp(SECRET).at(moment)
    step = int(moment.timestamp()) // 30
    assert one_time_codes.find_step(SECRET, code, now) == (step if is_accepted else None)


@pytest.mark.parametrize("text", ["", "28708", "2870820", "abcdef", "٢٨٧٠٨٢"])
def test_other_text_is_no_code(text: str) -> None:
    assert one_time_codes.find_step(SECRET, text, datetime.fromtimestamp(59, UTC)) is None


def test_secrets_differ_and_set_an_authenticator_up() -> None:
    secret = one_time_codes.new_secret()
    assert len(base64.b32decode(secret)) == 20
    assert secret != one_time_codes.new_secret()
    uri = one_time_codes.setup_uri(secret, "op@example.com")
    assert uri == f"otpauth://totp/Backroom:op%40example.com?secret={secret}&issuer=Backroom"
