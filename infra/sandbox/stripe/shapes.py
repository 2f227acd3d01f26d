"""Converts objects to the shape of an API version.

Stored objects have the shape of 2025-03-31 and later. In earlier versions, the subscription has the period, and the
invoice names its subscription, charge and payment intent. Charges and payment intents name their invoice
(https://docs.stripe.com/changelog/basil).
"""

from collections.abc import Callable
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.stripe.checkout import expanded_line_items
from infra.sandbox.stripe.coupons import PRODUCTS, applies_to
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.invoices import invoice_of, payments_of
from infra.sandbox.stripe.payments import refunds_of
from infra.sandbox.stripe.store import Store, whole_list

OLD_API_VERSION = "2020-08-27"
NEW_API_VERSION = "2026-10-28.endive"
FIRST_NEW_VERSION = "2025-03-31"
FIRST_WITH_SOURCE = "2025-09-30"
"""Since then, a discount names its coupon in `source`; before that, it contains the coupon (changelog/clover)."""
DEEPEST = 4
PAYMENTS = ("charge", "payment_intent", "payment_record")

# Fields that an object includes only if a call expands them.
INCLUDABLE: dict[tuple[str, str], Callable[[Store, Json], Json | None]] = {
    ("invoice", "payments"): payments_of,
    ("checkout.session", "line_items"): expanded_line_items,
    ("charge", "refunds"): refunds_of,
    ("coupon", "applies_to"): applies_to,
}


def present(store: Store, row: Json, version: str, expand: list[str] | None = None) -> Json:
    """Return a copy in the version's shape, with the fields in `expand` expanded.

    Raises `ApiError` if a field cannot be expanded (https://docs.stripe.com/api/expanding_objects).
    """
    shown: Json = _in_version(store, row, version)
    for path in expand or []:
        if path.count(".") >= DEEPEST:
            raise ApiError(f"You cannot expand more than {DEEPEST} levels of a property ({path}).", param="expand")
        _expand(store, shown, path.split("."), version, path)
    return shown


def _in_version(store: Store, value: Any, version: str) -> Any:
    if isinstance(value, list):
        return [_in_version(store, each, version) for each in value]
    if not isinstance(value, dict):
        return value
    shown = {name: _in_version(store, each, version) for name, each in value.items()}
    kind = shown.get("object")
    if kind == "coupon":
        shown.pop(PRODUCTS, None)
    if kind == "invoice":
        shown["lines"] = _first_page(shown["lines"])
    if kind == "subscription" and "items" in shown:
        shown["items"] = _first_page(shown["items"])
    if kind == "discount" and version < FIRST_WITH_SOURCE:
        shown["coupon"] = _in_version(store, store.get("coupon", shown.pop("source")["coupon"]), version)
    if version < FIRST_NEW_VERSION and isinstance(kind, str) and kind in _AS_BEFORE:
        _AS_BEFORE[kind](store, shown)
    return shown


def _first_page(rows: Json) -> Json:
    """Return the first page of a list inside an object: at most ten objects, as in Stripe's responses."""
    return rows | {"data": rows["data"][:10], "has_more": len(rows["data"]) > 10}


def _expand(store: Store, shown: Any, path: list[str], version: str, whole: str) -> None:
    if isinstance(shown, list):
        for each in shown:
            _expand(store, each, path, version, whole)
        return
    name, *rest = path
    include = INCLUDABLE.get((shown.get("object", ""), name))
    if include is not None and name not in shown:
        shown[name] = _in_version(store, include(store, shown), version)
    if name not in shown and name in PAYMENTS and "type" in shown:
        return  # an invoice payment has only the field of its type
    if name not in shown:
        raise ApiError(f"This property cannot be expanded ({whole}).", param="expand")
    if isinstance(shown[name], str):
        shown[name] = _found(store, shown[name], version, whole)
    elif isinstance(shown[name], list):
        shown[name] = [_found(store, each, version, whole) if isinstance(each, str) else each for each in shown[name]]
    if rest and shown[name] is not None:
        _expand(store, shown[name], rest, version, whole)


def _found(store: Store, id_: str, version: str, whole: str) -> Any:
    row = store.find(id_)
    if row is None:
        raise ApiError(f"This property cannot be expanded ({whole}).", param="expand")
    return _in_version(store, row, version)


def _subscription_before(store: Store, shown: Json) -> None:
    items = shown["items"]["data"]
    shown["current_period_start"] = min(item["current_period_start"] for item in items)
    shown["current_period_end"] = max(item["current_period_end"] for item in items)
    for item in items:
        del item["current_period_start"], item["current_period_end"], item["discounts"]
    single = len(items) == 1
    shown["plan"] = items[0]["plan"] if single else None
    shown["quantity"] = items[0]["quantity"] if single else None
    shown["discount"] = next((_found(store, id_, OLD_API_VERSION, "discount") for id_ in shown["discounts"]), None)
    del shown["discounts"], shown["billing_mode"]


def _invoice_before(store: Store, shown: Json) -> None:
    payments = payments_of(store, shown)["data"]
    intents = [row["payment"].get("payment_intent") for row in payments]
    intent = next((store.find(id_) for id_ in intents if id_), None)
    shown["subscription"] = shown["parent"]["subscription_details"]["subscription"]
    shown["payment_intent"] = intent["id"] if intent else None
    shown["charge"] = intent["latest_charge"] if intent else None
    shown["paid"] = shown["status"] == "paid"
    shown["paid_out_of_band"] = any(
        row["status"] == "paid" and not id_ for row, id_ in zip(payments, intents, strict=True)
    )
    shown["discount"] = None
    shown["quote"] = None
    taxes = shown.pop("total_taxes")
    shown["tax"] = sum(tax["amount"] for tax in taxes) if taxes else None
    shown["total_tax_amounts"] = [_tax_before(tax) for tax in taxes]
    del shown["parent"], shown["amount_overpaid"], shown["total_pretax_credit_amounts"]


def _invoice_line_before(store: Store, shown: Json) -> None:
    parent = shown.pop("parent")
    of_subscription = parent["type"] == "subscription_item_details"
    details = parent[parent["type"]]
    price = store.get("price", shown.pop("pricing")["price_details"]["price"])
    shown["price"] = dict(price)
    shown["plan"] = None
    shown["proration"] = details["proration"]
    shown["proration_details"] = details["proration_details"]
    shown["type"] = "invoiceitem" if details["invoice_item"] else "subscription"
    if of_subscription:
        shown["subscription_item"] = details["subscription_item"]
    if details["invoice_item"]:
        shown["invoice_item"] = details["invoice_item"]
    shown["tax_amounts"] = [_tax_before(tax) for tax in shown.pop("taxes")]
    shown["tax_rates"] = []
    del shown["pretax_credit_amounts"], shown["subtotal"], shown["invoice"]


def _tax_before(tax: Json) -> Json:
    return {
        "amount": tax["amount"],
        "inclusive": tax["tax_behavior"] == "inclusive",
        "tax_rate": tax["tax_rate_details"]["tax_rate"],
        "taxability_reason": tax["taxability_reason"],
        "taxable_amount": tax["taxable_amount"],
    }


def _charge_before(store: Store, shown: Json) -> None:
    shown["invoice"] = invoice_of(store, shown["payment_intent"])
    shown["refunds"] = refunds_of(store, shown)


def _intent_before(store: Store, shown: Json) -> None:
    shown["invoice"] = invoice_of(store, shown["id"])
    charge = dict(store.get("charge", shown.pop("latest_charge")))
    _charge_before(store, charge)
    shown["charges"] = whole_list([charge], f"/v1/charges?payment_intent={shown['id']}")


_AS_BEFORE: dict[str, Callable[[Store, Json], None]] = {
    "subscription": _subscription_before,
    "invoice": _invoice_before,
    "line_item": _invoice_line_before,
    "charge": _charge_before,
    "payment_intent": _intent_before,
}
