"""Discount codes of a store: whether one may be used, and what it takes off each line of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.kit.minor_units import decimals_of, half_up, to_minor_units
from chalicelib.platform.enums import CodeValueType
from chalicelib.platform.errors import DiscountCodeUsedUp, InvalidDiscountCode


@dataclass(frozen=True, slots=True)
class DiscountCode:
    """A row of `discounts`. The window is [starts_at, ends_at); amounts are in the main unit of `currency`."""

    id: str
    value_type: CodeValueType
    value: Decimal
    currency: str
    minimum_subtotal: Decimal | None = None
    usage_limit: int | None = None
    times_used: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True

    @property
    def has_amount(self) -> bool:
        return self.value_type is CodeValueType.FIXED_AMOUNT or self.minimum_subtotal is not None


def stored_form(code: str) -> str:
    """Return a code as its row has it: upper case, without surrounding spaces."""
    return code.strip().upper()


def require_usable(code: DiscountCode | None, subtotal: Decimal, currency: str, moment: datetime) -> DiscountCode:
    """Return the code if an order of this subtotal may use it now.

    Raises InvalidDiscountCode with the reason, DiscountCodeUsedUp at its usage limit.
    """
    if code is None:
        raise _invalid("no discount has this code")
    if not code.is_active:
        raise _invalid("the code is not active")
    if code.starts_at is not None and moment < code.starts_at:
        raise _invalid("the code is not valid yet")
    if code.ends_at is not None and code.ends_at <= moment:
        raise _invalid("the code has expired")
    if code.has_amount and code.currency != currency:
        raise _invalid("the code is for another currency")
    if code.minimum_subtotal is not None and subtotal < code.minimum_subtotal:
        raise _invalid("the subtotal is below the code's minimum")
    if code.usage_limit is not None and code.times_used >= code.usage_limit:
        raise DiscountCodeUsedUp
    return code


def _invalid(reason: str) -> InvalidDiscountCode:
    return InvalidDiscountCode(reason, errors=[{"path": "body.discount_code", "message": reason}])


def discount_lines(code: DiscountCode, lines: Sequence[int], currency: str) -> list[int]:
    """Return what the code takes off each line, in minor units as `lines`; never more than the line.

    A percentage is taken of each line and rounded half up. A fixed amount, at most the subtotal, is spread in proportion
    to the lines.
    """
    if code.value_type is CodeValueType.PERCENTAGE:
        numerator, denominator = code.value.as_integer_ratio()
        return [half_up(line * numerator, 100 * denominator) for line in lines]
    return spread(min(to_minor_units(code.value, decimals_of(currency)), sum(lines)), lines)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount in proportion to the weights, by the largest remainder; of equal remainders the later goes first.

    `amount` is at most the sum of the weights, so no part is over its weight. Source: Hare-Niemeyer method.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (amount * weights[index] % whole, index), reverse=True)
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts
