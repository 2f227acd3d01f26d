from __future__ import annotations

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.stripe.signature import TOLERANCE, sign, verify_signature

NOW = 1_800_000_000
BODY = b'{\n  "id": "evt_test_webhook",\n  "object": "event"\n}'
SECRET, OLD_SECRET = "whsec_new", "whsec_old"


def header(body: bytes = BODY, secret: str = SECRET, at: int = NOW, scheme: str = "v1") -> str:
    return f"t={at},{scheme}={sign(b'%d.' % at + body, secret)}"


# Published values: stripe/stripe-node, test/crypto/helpers.ts (secret `test_secret`).
@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        (b"", "f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd"),
        (b'{"obj1":"hello","obj2":"world"}', "bebb1a643997f419b315ddba19e6f5411e1ce7f810ba6d3617ce72823092f363"),
        ("\N{GRINNING FACE}".encode(), "837da296d05c4fe31f61d5d7ead035099d9585a5bcde87de952012a78f0b0c43"),
    ],
)
def test_published_signatures(signed: bytes, expected: str) -> None:
    assert sign(signed, "test_secret") == expected


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(0, 2**40))
def test_what_stripe_s_own_library_signs_verify_signature(body: str, at: int) -> None:
    signed = stripe.WebhookSignature.generate_signature_header(body, SECRET, at)
    assert verify_signature(signed, body.encode(), [SECRET], at)
    assert not verify_signature(signed, body.encode() + b" ", [SECRET], at)


@pytest.mark.parametrize("off", [-TOLERANCE, 0, TOLERANCE])
def test_within_the_tolerance_both_ways(off: int) -> None:
    assert verify_signature(header(), BODY, [SECRET], NOW + off)


@pytest.mark.parametrize("off", [-TOLERANCE - 1, TOLERANCE + 1])
def test_too_old_or_from_the_future(off: int) -> None:
    assert not verify_signature(header(), BODY, [SECRET], NOW + off)


def test_either_secret_and_any_v1_will_do_while_one_is_rotated() -> None:
    both = f"{header(secret=OLD_SECRET)},v1={sign(b'%d.' % NOW + BODY, SECRET)}"
    assert verify_signature(both, BODY, [SECRET], NOW)
    assert verify_signature(both, BODY, ["whsec_other", OLD_SECRET], NOW)
    assert verify_signature(f"{header()},v1=bad,v0=worse", BODY, [SECRET], NOW)
    assert not verify_signature(both, BODY, ["whsec_other"], NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "bad_header",
        header(scheme="v0"),
        header(secret="whsec_other"),
        header().replace("t=", "T="),
        header() + f",t={NOW}",
        header().replace(str(NOW), str(NOW + 1)),
        f"v1={sign(BODY, SECRET)}",
        f"t=,v1={sign(b'.' + BODY, SECRET)}",
        f"t=١٨,v1={sign(BODY, SECRET)}",
        f"t={NOW}",
        f"t={NOW},v1=",
        f"t={NOW},v1=\N{GRINNING FACE}",
        "t=" + "9" * 5000 + ",v1=x",
    ],
)
def test_wrong_headers(wrong: str) -> None:
    assert not verify_signature(wrong, BODY, [SECRET], NOW)


def test_no_secret_signs_nothing() -> None:
    assert not verify_signature(header(), BODY, [], NOW)
