"""Standard Webhooks: the published vector, and invalid signatures."""

from __future__ import annotations

import pytest

from chalicelib.integrations.image_models.signature import TOLERANCE, sign, verify_signature

# github.com/standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py (test_sign_function).
SECRET, MESSAGE, AT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(**changed: str) -> dict[str, str]:
    values = {"webhook-id": MESSAGE, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
    return values | {name.replace("_", "-"): value for name, value in changed.items()}


def test_the_published_vector_is_valid() -> None:
    assert sign(SECRET, MESSAGE, AT, BODY) == SIGNATURE
    assert verify_signature(headers(), BODY, [SECRET], AT)


def test_one_valid_signature_of_several_is_enough() -> None:
    several = f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x {SIGNATURE}"
    assert verify_signature(headers(webhook_signature=several), BODY, ["whsec_AAAA", SECRET], AT)


@pytest.mark.parametrize("off", [-TOLERANCE, TOLERANCE])
def test_the_tolerance_is_inclusive(off: int) -> None:
    assert verify_signature(headers(), BODY, [SECRET], AT + off)
    assert not verify_signature(headers(), BODY, [SECRET], AT + off + (1 if off > 0 else -1))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": "msg_other"},
        {"webhook_id": ""},
        {"webhook_timestamp": str(AT + 1)},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "²"},
        {"webhook_signature": ""},
        {"webhook_signature": SIGNATURE.removeprefix("v1,")},
        {"webhook_signature": SIGNATURE.replace("v1", "v2")},
    ],
)
def test_other_headers_are_refused(changed: dict[str, str]) -> None:
    assert not verify_signature(headers(**changed), BODY, [SECRET], AT)


def test_another_body_or_secret_is_refused() -> None:
    assert not verify_signature(headers(), BODY + b" ", [SECRET], AT)
    assert not verify_signature(headers(), BODY, [], AT)
    assert not verify_signature(headers(), BODY, ["whsec_AAAA"], AT)
