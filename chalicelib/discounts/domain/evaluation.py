"""Evaluation of a discount for a cart, by the rules of the discount function.

`extensions/sku-discount/src/cart_lines_discounts_generate_run.js` has the same rules in JavaScript, and
`tests/discounts/domain/test_function.py` compares their results. Change both together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.function_output import LIMIT, Candidate, fitting_candidates
from chalicelib.discounts.enums import ValueType
from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MOST_DIGITS = 15
_WHOLE = 1
"""The entry of an item that has the discount's value."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of a cart: `price` is one unit's, in the cart's currency; `variant_id` is a number or GID."""

    line_id: str
    quantity: int
    price: Decimal
    sku: str | None = None
    variant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart: `rate` converts the shop's money into `currency`; `mark` is its cart attribute `_backroom_ab`."""

    lines: Sequence[CartLine]
    currency: str
    rate: Decimal = Decimal(1)
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class DiscountValue:
    """A readable value: hundredths of a percent, or minor units of the cart's currency, and its text."""

    type: ValueType
    text: str
    number: int


def evaluate(configuration: object, cart: Cart) -> list[Candidate]:
    """Return the result of the discount with this metafield: a candidate for each distinct value, in line order.

    The list is empty if nothing matches. Malformed parts of the metafield are ignored and never raise.
    """
    values = matching_values(configuration, cart)
    if units_of(values, cart) < minimum_of(configuration):
        return []
    decimals = decimals_of(cart.currency)
    prices = [to_minor_units(line.price, decimals) for line in cart.lines]
    candidates: dict[tuple[bool, int], Candidate] = {}
    for index, value in values.items():
        is_percentage = value.type == ValueType.PERCENTAGE
        number = value.number if is_percentage else _amount_off(prices[index], value)
        if number > 0:
            text = value.text if is_percentage else str(to_amount(number, decimals))
            candidate = candidates.setdefault((is_percentage, number), Candidate(is_percentage, number, text))
            candidate.indexes.append(index)
    return fitting_candidates([*candidates.values()], cart.lines, prices)


def matching_values(configuration: object, cart: Cart) -> dict[int, DiscountValue]:
    """Return the values of the lines that the discount is for, by index, whether or not they lower the price."""
    if not isinstance(configuration, Mapping) or not _is_number(configuration.get("v"), 1):
        return {}
    skus, variants = _mapping(configuration.get("skus")), _mapping(configuration.get("variants"))
    whole = _whole_value(configuration, cart)
    values = {}
    for index, line in enumerate(cart.lines):
        by_sku = skus.get(line.sku) if line.sku else None
        by_variant = variants.get(line.variant_id.rpartition("/")[2]) if line.variant_id else None
        value = _read_value(by_variant, cart) or _read_value(by_sku, cart)
        if value is None and (_is_number(by_sku, _WHOLE) or _is_number(by_variant, _WHOLE)):
            value = whole
        if value is not None:
            values[index] = value
    return values


def units_of(values: Mapping[int, DiscountValue], cart: Cart) -> int:
    """Return the units of the matching lines, which the minimum quantity counts."""
    return sum(cart.lines[index].quantity for index in values)


def minimum_of(configuration: object) -> int:
    """Return the minimum quantity of a metafield; 1 if it has none."""
    minimum = configuration.get("minimum") if isinstance(configuration, Mapping) else None
    if isinstance(minimum, bool) or not isinstance(minimum, int | float):
        return 1
    return int(minimum) if float(minimum).is_integer() else 1


def _whole_value(configuration: Mapping[str, Any], cart: Cart) -> DiscountValue | None:
    """Return the discount's value, or the value `b` of its test if the cart is marked for it."""
    test = _mapping(configuration.get("test"))
    is_marked = isinstance(test.get("id"), str) and (cart.mark or "").startswith(f"{test['id']}.b.")
    other = _read_value(test.get("b"), cart) if is_marked else None
    return other or _read_value([configuration.get("type"), configuration.get("value")], cart)


def _read_value(entry: object, cart: Cart) -> DiscountValue | None:
    """Read `[type, value]`; return None if it is not readable."""
    if not isinstance(entry, list) or len(entry) < 2 or not (isinstance(entry[0], str) and isinstance(entry[1], str)):
        return None
    kind, text = entry[0], entry[1]
    if kind not in {*ValueType} or not _DECIMAL.fullmatch(text):
        return None
    if kind == ValueType.PERCENTAGE:
        return _read_percentage(text)
    if cart.rate <= 0:
        return None
    return DiscountValue(ValueType(kind), text, to_minor_units(Decimal(text), decimals_of(cart.currency), cart.rate))


def _read_percentage(text: str) -> DiscountValue | None:
    """Read a percentage above 0 and at most 100 with at most two decimals."""
    over, under = Decimal(text).as_integer_ratio()
    hundredths, rest = divmod(over * 100, under)
    is_readable = rest == 0 and 0 < hundredths <= 10_000 and len(text) <= _MOST_DIGITS
    return DiscountValue(ValueType.PERCENTAGE, text, hundredths) if is_readable else None


def _amount_off(price: int, value: DiscountValue) -> int:
    """Return the minor units off each unit at this price; 0 or less if it gets nothing."""
    if price >= LIMIT:
        return 0
    return price - value.number if value.type == ValueType.FIXED_PRICE else min(price, value.number)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: object, number: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == number
