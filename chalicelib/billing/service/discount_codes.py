"""Discount codes: operators create and update them, and they are mirrored to Stripe."""

from __future__ import annotations

from typing import Any

from chalicelib.billing.domain import discounts, money
from chalicelib.billing.enums import DiscountDuration, DiscountType
from chalicelib.billing.errors import CodeExists
from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.billing.repository import discount_codes
from chalicelib.billing.schemas.discount_codes import CodeCreate, CodeUpdate
from chalicelib.integrations.stripe import coupons
from chalicelib.integrations.stripe.errors import StripeRefused
from chalicelib.kit import clock, logs
from chalicelib.kit.pagination import PageRequest, PageResult

log = logs.logger("billing")


def create_code(body: CodeCreate) -> DiscountCode:
    """Create a discount code and mirror it to Stripe.

    If mirroring fails, repeating the request or calling `update_code` retries it.

    Raises CodeExists if the code exists with other terms or is already mirrored. Raises StripeRefused if Stripe rejects
    the terms; the code is then deleted and can be created again.
    """
    now = clock.now()
    values = body.model_dump() | {"code": discounts.normalize_code(body.code)}
    given = {name: value for name, value in values.items() if value is not None}
    row = DiscountCode(**given, kind=discount_codes.KIND, created_at=now, updated_at=now)
    try:
        discount_codes.add(row)
    except CodeExists:
        row = discount_codes.get(row.code)
        if row.stripe_promotion_code_id or any(getattr(row, name) != value for name, value in values.items()):
            raise
    try:
        return _mirror(row)
    except StripeRefused:
        discount_codes.remove_unmirrored(row)
        raise


def update_code(code: str, body: CodeUpdate) -> DiscountCode:
    """Update a code's limits, validity dates, description or `is_active`, and mirror it to Stripe.

    Raises CodeNotFound if there is no such code, InvalidValidity if it could never be used.
    """
    values = body.model_dump(exclude_unset=True)
    row = discount_codes.change(discounts.normalize_code(code), values)
    row = _mirror(row)
    if "is_active" in values and row.stripe_promotion_code_id:
        key = f"set-active-{row.code}-{clock.iso(row.updated_at)}"
        coupons.set_promotion_code_active(row.stripe_promotion_code_id, row.is_active, key)
    return row


def get(code: str) -> DiscountCode:
    """Return a discount code. Raises CodeNotFound if there is no such code."""
    return discount_codes.get(discounts.normalize_code(code))


def list_all(page: PageRequest) -> PageResult[DiscountCode]:
    """List all discount codes in alphabetical order."""
    return discount_codes.list_all(page)


def list_uses(code: str, page: PageRequest) -> PageResult[DiscountUsage]:
    """List the redemptions of a code. Raises CodeNotFound if there is no such code."""
    return discount_codes.list_uses(discount_codes.get(discounts.normalize_code(code)).code, page)


def _mirror(row: DiscountCode) -> DiscountCode:
    """Create the code's coupon and promotion code at Stripe if they are missing; return the updated row.

    Idempotency keys deduplicate concurrent calls. They include the row's creation time, because a deleted code can be
    recreated with different terms.
    """
    if row.stripe_promotion_code_id is not None:
        return row
    key = f"{row.code}-{clock.iso(row.created_at)}"
    coupon_id = row.stripe_coupon_id or coupons.create_coupon(_coupon(row), f"coupon-{key}")
    promotion_code_id = coupons.create_promotion_code(coupon_id, row.code, f"promotion-code-{key}")
    log.info("discount code mirrored to Stripe", extra={"code": row.code, "coupon": coupon_id})
    return discount_codes.change(
        row.code, {"stripe_coupon_id": coupon_id, "stripe_promotion_code_id": promotion_code_id}
    )


def _coupon(row: DiscountCode) -> dict[str, Any]:
    params: dict[str, Any] = {"name": row.code, "duration": row.duration.value}
    if row.duration is DiscountDuration.REPEATING:
        params["duration_in_months"] = row.duration_months
    if row.discount_type is DiscountType.PERCENTAGE:
        params["percent_off"] = format(row.value, "f")
    else:
        currency = str(row.currency)
        params |= {"amount_off": money.to_minor(row.value, currency), "currency": currency.lower()}
    return params
