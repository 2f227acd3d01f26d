"""Coupons and promotion codes (docs.stripe.com/api/coupons, …/promotion_codes)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.integrations.stripe.client import call


def create_coupon(params: Mapping[str, Any], idempotency_key: str) -> str:
    """Create a coupon and return its id; `params` as in docs.stripe.com/api/coupons/create."""
    given: Any = dict(params)
    return str(call(lambda client: client.v1.coupons.create(given, {"idempotency_key": idempotency_key}))["id"])


def create_promotion_code(coupon_id: str, code: str, idempotency_key: str) -> str:
    """Create the promotion code by which customers use the coupon, and return its id.

    It has no `max_redemptions`, because Stripe does not allow changes of that limit.
    """
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon_id}, "code": code}
    return str(
        call(lambda client: client.v1.promotion_codes.create(params, {"idempotency_key": idempotency_key}))["id"]
    )


def set_promotion_code_active(promotion_code_id: str, is_active: bool, idempotency_key: str) -> None:
    """Set whether the promotion code is active.

    Each change needs a new idempotency key: for an old key, Stripe replays the stored response and changes nothing.
    """
    params: Any = {"active": is_active}
    options: Any = {"idempotency_key": idempotency_key}
    call(lambda client: client.v1.promotion_codes.update(promotion_code_id, params, options))
