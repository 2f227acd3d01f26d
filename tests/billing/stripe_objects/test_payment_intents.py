"""Payment intents: the amount that was received."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.stripe_objects.payment_intents import parse_payment_intent


@pytest.mark.parametrize(
    ("state", "amount"),
    [
        ({"status": "succeeded", "amount_received": 1800}, "18.00"),
        ({"status": "succeeded", "amount_received": 2200}, "22.00"),
        ({"status": "succeeded"}, "20.00"),
        ({"status": "requires_payment_method", "amount_received": 0}, "20.00"),
        ({"status": "canceled", "amount_received": 0}, "20.00"),
    ],
)
def test_the_amount_is_received_once_the_intent_succeeds(state: dict[str, Any], amount: str) -> None:
    intent = {"id": "pi_1", "amount": 2000, "currency": "usd", "created": 1_790_000_000, **state}
    assert parse_payment_intent(intent).amount == Decimal(amount)
