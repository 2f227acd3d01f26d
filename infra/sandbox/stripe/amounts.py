"""The amounts of a subscription's invoice: its lines, less discounts, plus exclusive taxes, in whole minor units.

Discounts of an item reduce its lines first; those of the subscription reduce the rest, in their order. Sources:
https://docs.stripe.com/billing/subscriptions/coupons, https://docs.stripe.com/billing/taxes/tax-rates.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from infra.sandbox.server import Json
from infra.sandbox.stripe import coupons
from infra.sandbox.stripe.store import Store


def amounts_of(store: Store, subscription: Json, lines: Sequence[Json]) -> Json:
    """Return the invoice's sums; write the discounts and taxes of each line into it."""
    subtotal = sum(line["amount"] for line in lines)
    reductions = _discount_amounts(store, subscription, lines)
    net = subtotal - sum(reduction["amount"] for reduction in reductions)
    taxes = [_tax(rate, max(0, net), lines) for rate in subscription["default_tax_rates"]]
    return {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total_discount_amounts": reductions,
        "total_taxes": taxes,
        "total_excluding_tax": net,
        "total": net + sum(tax["amount"] for tax in taxes),
    }


def tax_amount(rate: Json, taxable: int) -> int:
    """Return an exclusive tax, rounded half up."""
    share = Decimal(taxable) * Decimal(str(rate["percentage"])) / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _discount_amounts(store: Store, subscription: Json, lines: Sequence[Json]) -> list[Json]:
    amounts = []
    for item in subscription["items"]["data"]:
        of_item = [line for line in lines if _item_of(line) == item["id"]]
        amounts += [_reduce(store, id_, of_item) for id_ in item["discounts"]]
    amounts += [_reduce(store, id_, lines) for id_ in subscription["discounts"]]
    return [amount for amount in amounts if amount["amount"]]


def _reduce(store: Store, discount_id: str, lines: Sequence[Json]) -> Json:
    """Split a discount over the lines and return its amount; 0 if the discount has ended."""
    discount = store.get("discount", discount_id)
    coupon = store.get("coupon", discount["source"]["coupon"])
    limits = coupons.applies_to(store, coupon)
    lines = [line for line in lines if not limits or _product_of(line) in limits["products"]]
    has_ended = discount["end"] is not None and store.now >= discount["end"]
    left = max(0, sum(_left(line) for line in lines))
    amount = 0 if has_ended else coupons.off(coupon, left)
    for line, share in zip(lines, _shares(amount, lines), strict=True):
        if share:
            line["discount_amounts"].append({"amount": share, "discount": discount_id})
    return {"amount": amount, "discount": discount_id}


def _tax(rate: Json, taxable: int, lines: Sequence[Json]) -> Json:
    amount = tax_amount(rate, taxable)
    shares = [amount] if not lines else _shares(amount, lines)
    for line, share in zip(lines, shares, strict=False):
        if share:
            line["taxes"].append(_tax_row(rate, share, _left(line)))
    return _tax_row(rate, amount, taxable)


def _tax_row(rate: Json, amount: int, taxable: int) -> Json:
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def _shares(amount: int, lines: Sequence[Json]) -> list[int]:
    """Split an amount over the lines in proportion to what is left of each; the shares add up to the amount."""
    weights = [max(0, _left(line)) for line in lines]
    whole, running, shares = sum(weights), 0, list[int]()
    for weight in weights:
        running += weight
        shares.append((amount * running // whole if whole else 0) - sum(shares))
    return shares


def _left(line: Json) -> int:
    reductions: int = sum(each["amount"] for each in line["discount_amounts"])
    amount: int = line["amount"]
    return amount - reductions


def _product_of(line: Json) -> str:
    product: str = line["pricing"]["price_details"]["product"]
    return product


def _item_of(line: Json) -> str | None:
    item: str | None = (line["parent"]["subscription_item_details"] or {}).get("subscription_item")
    return item
