"""The discounts of a cart: which ones apply, and their applications and allocations in the shape of webhooks.

What a discount gives is the evaluation that the discount function equals; several are combined by Shopify's rules.
Source of the shapes: https://shopify.dev/docs/api/admin-rest/latest/resources/order (`discount_applications`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.combination import Applicable, preview_cart
from chalicelib.discounts.domain.evaluation import Cart, evaluate
from chalicelib.discounts.domain.function_output import Candidate
from chalicelib.kit.minor_units import decimals_of, to_amount
from infra.sandbox.server import Json
from infra.sandbox.shopify.discount_rules import status

FUNCTION = "sku-discount"
"""The handle of the discount function, and the key of its metafield."""


@dataclass(frozen=True, slots=True)
class Redeemer:
    """Who uses a cart: the codes entered, the customer (None: a guest), and the shop's earlier orders."""

    codes: Sequence[str] = ()
    customer_id: int | None = None
    orders: Sequence[Json] = ()


@dataclass(slots=True)
class CartDiscounts:
    """Discounts of a cart: `allocations` holds for each line pairs of an application's index and an amount."""

    applications: list[Json] = field(default_factory=list)
    allocations: list[list[tuple[int, str]]] = field(default_factory=list)
    codes: list[Json] = field(default_factory=list)
    total: Decimal = Decimal(0)


def discount_cart(rows: Sequence[Json], cart: Cart, redeemer: Redeemer, now: str) -> CartDiscounts:
    """Return what the shop's discounts give to the cart at the UTC time `now`."""
    in_force = {row["id"]: row for row in rows if is_in_force(row, now) and is_redeemable(row, redeemer)}
    applicable = [
        Applicable(node_id, _metafield(row), row["combinesWith"]["productDiscounts"])
        for node_id, row in in_force.items()
    ]
    preview = preview_cart(applicable, cart)
    result = CartDiscounts(total=preview.total_discount)
    indexes: dict[tuple[str, bool, int], int] = {}
    for number, line in enumerate(preview.lines):
        result.allocations.append([])
        if line.discount_id is None:
            continue
        row = in_force[line.discount_id]
        candidate = next(each for each in evaluate(_metafield(row), cart) if number in each.indexes)
        key = (line.discount_id, candidate.is_percentage, candidate.number)
        if key not in indexes:
            indexes[key] = len(result.applications)
            result.applications.append(_application(row, candidate))
        result.allocations[number].append((indexes[key], str(line.amount)))
    result.codes = _codes(result, decimals_of(cart.currency))
    return result


def is_in_force(row: Json, now: str) -> bool:
    """Return whether a discount of the function is active; times are UTC texts of one format."""
    is_ours = row["functionHandle"] == FUNCTION and "PRODUCT" in row["discountClasses"]
    return is_ours and status(row, now) == "ACTIVE"


def is_redeemable(row: Json, redeemer: Redeemer) -> bool:
    """Return whether the cart may use the discount: its code is entered and its limits are not reached."""
    if row["code"] is None:
        return True
    code = row["code"].casefold()
    uses = [
        order for order in redeemer.orders if any(each["code"].casefold() == code for each in order["discount_codes"])
    ]
    if row["usageLimit"] is not None and len(uses) >= row["usageLimit"]:
        return False
    own = [order for order in uses if order["customer"] and order["customer"]["id"] == redeemer.customer_id]
    return code in {each.casefold() for each in redeemer.codes} and not (row["appliesOncePerCustomer"] and own)


def _metafield(row: Json) -> Mapping[str, Any]:
    """Return the configuration that the function receives; empty if there is none."""
    values = [each["value"] for each in row["metafields"] if each["key"] == FUNCTION]
    return json.loads(values[0]) if values else {}


def _application(row: Json, candidate: Candidate) -> Json:
    """Return an application: Shopify writes one for each of the function's candidates."""
    name = (
        {"code": row["code"], "type": "discount_code"} if row["code"] else {"title": row["title"], "type": "automatic"}
    )
    return {
        **name,
        "value": candidate.text,
        "value_type": "percentage" if candidate.is_percentage else "fixed_amount",
        "allocation_method": "each",
        "target_selection": "explicit",
        "target_type": "line_item",
    }


def _codes(result: CartDiscounts, decimals: int) -> list[Json]:
    """Return the order's `discount_codes`: each code once, with what it saved."""
    amounts: dict[str, Decimal] = {}
    for index, amount in (each for line in result.allocations for each in line):
        code = result.applications[index].get("code")
        if code is not None:
            amounts[code] = amounts.get(code, to_amount(0, decimals)) + Decimal(amount)
    return [{"code": code, "amount": str(amount), "type": "fixed_amount"} for code, amount in amounts.items()]
