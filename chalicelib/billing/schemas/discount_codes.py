"""Discount codes and their redemptions in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from chalicelib.billing.domain import money
from chalicelib.billing.enums import BillingCycle, DiscountDuration, DiscountType, OwnerType, RedemptionStatus
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp, TimestampInput

_HUNDREDTH = Decimal("0.01")


class CodeCheck(Input):
    """A discount code, and the plan to buy with it."""

    code: str = Field(min_length=1, max_length=64)
    plan: str = Field(min_length=1, max_length=64)
    billing_cycle: BillingCycle | None = None


class CodeOffer(Schema):
    """The discount that a code gives on the first payment."""

    code: str
    price: Amount
    discount_amount: Amount
    amount_due: Amount
    currency: str


class CodeCreate(Input):
    """A new discount code. `value` is a percentage, or an amount in `currency`.

    The fields that Stripe cannot change are fixed at creation. The code is also the name of the Stripe coupon, which
    has at most 40 characters (docs.stripe.com/api/coupons/create).
    """

    code: str = Field(min_length=3, max_length=40, pattern=r"^[A-Za-z0-9-]+$")
    description: str | None = Field(default=None, max_length=500)
    discount_type: DiscountType
    value: Decimal = Field(gt=0, max_digits=12)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    max_uses: int | None = Field(default=None, ge=1, le=1_000_000_000)
    max_uses_per_user: int = Field(default=1, ge=1, le=100)
    applies_to: list[str] | None = Field(default=None, max_length=50)
    valid_from: TimestampInput | None = None
    expires_at: TimestampInput | None = None
    duration: DiscountDuration = DiscountDuration.ONCE
    duration_months: int | None = Field(default=None, ge=1, le=36)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.discount_type is DiscountType.PERCENTAGE:
            if self.value > 100 or self.value % _HUNDREDTH or self.currency:
                raise ValueError("a percentage is at most 100, has at most two decimals and no currency")
        elif self.currency is None:
            raise ValueError("a fixed amount requires a currency")
        elif money.to_minor(self.value, self.currency) > money.MOST_MINOR:
            raise ValueError("value exceeds the largest amount that can be charged")
        if (self.duration is DiscountDuration.REPEATING) is not (self.duration_months is not None):
            raise ValueError("duration_months is required for a repeating duration, and only for it")
        _check_window(self.valid_from, self.expires_at)
        return self


class CodeUpdate(Input):
    """The changeable fields of a discount code. Null removes a limit; omitted fields keep their values."""

    description: str | None = Field(default=None, max_length=500)
    max_uses: int | None = Field(default=None, ge=1, le=1_000_000_000)
    max_uses_per_user: int = Field(default=1, ge=1, le=100)
    applies_to: list[str] | None = Field(default=None, max_length=50)
    valid_from: TimestampInput | None = None
    expires_at: TimestampInput | None = None
    is_active: bool = True

    @model_validator(mode="after")
    def _valid_sometime(self) -> Self:
        _check_window(self.valid_from, self.expires_at)
        return self


def _check_window(valid_from: datetime | None, expires_at: datetime | None) -> None:
    if valid_from and expires_at and valid_from >= expires_at:
        raise ValueError("expires_at must be later than valid_from")


class CodeRead(Schema):
    """A discount code and its number of redemptions, reservations included."""

    code: str
    description: str | None
    discount_type: DiscountType
    value: Amount
    currency: str | None
    max_uses: int | None
    times_used: int
    max_uses_per_user: int
    applies_to: list[str] | None
    valid_from: Timestamp | None
    expires_at: Timestamp | None
    duration: DiscountDuration
    duration_months: int | None
    is_active: bool
    created_at: Timestamp


class CodeUseRead(Schema):
    """One redemption of a discount code."""

    redemption: str
    owner_type: OwnerType
    user_id: str
    status: RedemptionStatus
    reserved_until: Timestamp | None
    discount_amount: Amount | None
    subscription_id: str | None
    used_at: Timestamp | None
