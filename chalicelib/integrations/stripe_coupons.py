"""Stripe's coupons and promotion codes (docs.stripe.com/api/coupons, …/promotion_codes)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.integrations.stripe import call


def create_coupon(params: Mapping[str, Any], idempotency_key: str) -> str:
    """The id of a new coupon; `params` as in docs.stripe.com/api/coupons/create."""
    given: Any = dict(params)
    return str(call(lambda client: client.v1.coupons.create(given, {"idempotency_key": idempotency_key}))["id"])


def create_promotion_code(coupon_id: str, code: str, idempotency_key: str) -> str:
    """The id of the code that customers know the coupon by, as often as they may use it: Stripe does not let its
    `max_redemptions` change."""
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon_id}, "code": code}
    return str(
        call(lambda client: client.v1.promotion_codes.create(params, {"idempotency_key": idempotency_key}))["id"]
    )


def set_active(promotion_code_id: str, is_active: bool, idempotency_key: str) -> None:
    """Whether the code can be used. Every change has a key of its own: an earlier one's would be answered, not done."""
    params: Any = {"active": is_active}
    options: Any = {"idempotency_key": idempotency_key}
    call(lambda client: client.v1.promotion_codes.update(promotion_code_id, params, options))
