"""Coupons that Stripe refuses are refused here."""

from typing import Any

import pytest
import stripe

from infra.sandbox.stripe import SANDBOX_SECRET_KEY, StripeSandbox


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"percent_off": 25, "name": "A" * 41}, "name"),
        ({"percent_off": 33.333}, "percent_off"),
        ({"amount_off": 500, "currency": "zzz"}, "currency"),
    ],
)
def test_an_invalid_coupon_is_refused(client: stripe.StripeClient, params: Any, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.coupons.create(params)
    assert error.value.param == name


def test_a_coupon_at_the_limits_is_accepted(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"name": "A" * 40, "percent_off": 12.25})
    assert (coupon.name, coupon.percent_off) == ("A" * 40, 12.25)
