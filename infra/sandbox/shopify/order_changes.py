"""Cancels, edits and refunds paid orders.

An order has its REST shape and is changed in place. If a function raises, the order is unchanged.

Sources: https://shopify.dev/docs/api/admin-rest/latest/resources/order and .../refund; the bodies of orders/edited and
refunds/create at https://shopify.dev/docs/api/webhooks.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.shopify.orders import build_line, money_set, net_price, numeric_id, total_of

CANCEL_REASONS = ("customer", "declined", "fraud", "inventory", "other", "staff")
LineQuantities = Mapping[int, int] | Mapping[str, int]


def cancel(order: Json, reason: str, at: str) -> None:
    """Cancel the order: set the current quantity of every line to 0, without a refund.

    Raises `ValueError` if the reason is unknown or the order is already cancelled.
    """
    if reason not in CANCEL_REASONS:
        raise ValueError(f"{reason} is not one of {', '.join(CANCEL_REASONS)}")
    _refuse_cancelled(order)
    for line in order["line_items"]:
        line["current_quantity"] = line["fulfillable_quantity"] = 0
    order |= {"cancelled_at": at, "cancel_reason": reason}
    _settle(order, at)


def edit(
    order: Json,
    edit_id: int,
    at: str,
    *,
    add: Sequence[Mapping[str, Any]],
    remove: Iterable[int | str],
    quantities: LineQuantities,
) -> Json:
    """Edit the order and return the payload of orders/edited, which holds the changes, not the order.

    Added lines are as in `build_paid_order`; `quantities` are new quantities by line id. Raises `KeyError` if the
    order does not have a line, `ValueError` if the order is cancelled or a quantity is below 0.
    """
    _refuse_cancelled(order)
    wanted = [(_line(order, line_id), int(number)) for line_id, number in quantities.items()]
    wanted += [(_line(order, line_id), 0) for line_id in remove]
    if any(number < 0 for _, number in wanted):
        raise ValueError("a quantity cannot be below 0")
    position, currency = len(order["line_items"]), order["currency"]
    added = [build_line(order["id"], position + number, line, currency) for number, line in enumerate(add)]

    order["line_items"] += added
    additions = [{"id": line["id"], "delta": line["quantity"]} for line in added]
    removals = []
    for line, number in wanted:
        delta = number - line["current_quantity"]
        if delta > 0:
            line["quantity"] += delta
            additions.append({"id": line["id"], "delta": delta})
        elif delta < 0:
            removals.append({"id": line["id"], "delta": -delta})
        line["current_quantity"] = line["fulfillable_quantity"] = number
    _settle(order, at)
    return {
        "order_edit": {
            "id": edit_id,
            "app_id": None,
            "created_at": at,
            "notify_customer": False,
            "order_id": order["id"],
            "reason": "",
            "staff_note": "",
            "user_id": None,
            "line_items": {"additions": additions, "removals": removals},
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
            "committed_at": at,
        }
    }


def refund(order: Json, refund_id: int, at: str, lines: LineQuantities, note: str | None) -> Json:
    """Refund quantities by line id, add the refund to the order and return it, the payload of refunds/create.

    Raises `KeyError` if the order does not have a line, `ValueError` if there is no line or a quantity is not between
    1 and the quantity not yet refunded.
    """
    if not lines:
        raise ValueError("a refund requires at least one line")
    asked = [(_line(order, line_id), int(number)) for line_id, number in lines.items()]
    for line, number in asked:
        most = line["quantity"] - _refunded_of(order, line["id"])
        if not 0 < number <= most:
            raise ValueError(f"line {line['id']}: the refund quantity must be 1 to {most}, not {number}")
    for line, number in asked:
        line["current_quantity"] = max(0, line["current_quantity"] - number)
        line["fulfillable_quantity"] = line["current_quantity"]
    items = [_refund_line(refund_id * 100 + n, line, number, order) for n, (line, number) in enumerate(asked)]
    amount = sum((Decimal(item["subtotal_set"]["shop_money"]["amount"]) for item in items), Decimal("0.00"))
    made = {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order["id"],
        "created_at": at,
        "processed_at": at,
        "note": note,
        "user_id": None,
        "restock": False,
        "duties": [],
        "return": None,
        "order_adjustments": [],
        "refund_shipping_lines": [],
        "refund_line_items": items,
        "transactions": [_transaction(refund_id, order, str(amount), at)],
    }
    order["refunds"].append(made)
    _settle(order, at, paid_back=amount)
    return made


def _line(order: Json, line_id: int | str) -> Json:
    for line in order["line_items"]:
        if line["id"] == numeric_id(line_id):
            found: Json = line
            return found
    raise KeyError(f"line {line_id} of order {order['id']}")


def _refuse_cancelled(order: Json) -> None:
    if order["cancelled_at"]:
        raise ValueError(f"order {order['id']} is cancelled")


def _refunded_of(order: Json, line_id: int) -> int:
    items = (item for each in order["refunds"] for item in each["refund_line_items"])
    return sum(item["quantity"] for item in items if item["line_item_id"] == line_id)


def _settle(order: Json, at: str, paid_back: Decimal = Decimal("0.00")) -> None:
    """Update totals, outstanding amount and financial status after a change of lines.

    A negative outstanding amount is owed to the shopper.
    """
    ordered, current = total_of(order["line_items"], "quantity"), total_of(order["line_items"], "current_quantity")
    owed = Decimal(order["total_outstanding"]) + current - Decimal(order["current_total_price"]) + paid_back
    refunded = sum((Decimal(each["transactions"][0]["amount"]) for each in order["refunds"]), Decimal("0.00"))
    received = current - owed + refunded
    if order["refunds"]:
        status = "refunded" if refunded >= received else "partially_refunded"
    else:
        status = "partially_paid" if owed > 0 else "paid"
    order |= {
        "subtotal_price": str(ordered),
        "total_price": str(ordered),
        "total_price_set": money_set(str(ordered), order["currency"]),
        "current_subtotal_price": str(current),
        "current_total_price": str(current),
        "total_outstanding": str(owed),
        "financial_status": status,
        "updated_at": at,
    }


def _refund_line(item_id: int, line: Json, number: int, order: Json) -> Json:
    rest = line["quantity"] - _refunded_of(order, line["id"])
    subtotal = net_price(line, rest) - net_price(line, rest - number)  # parts add up to what was paid
    return {
        "id": item_id,
        "line_item_id": line["id"],
        "line_item": dict(line),
        "quantity": number,
        "location_id": None,
        "restock_type": "no_restock",
        "subtotal": float(subtotal),  # a number, as documented; other amounts are strings
        "subtotal_set": money_set(str(subtotal), order["currency"]),
        "total_tax": 0.0,
        "total_tax_set": money_set("0.00", order["currency"]),
    }


def _transaction(refund_id: int, order: Json, amount: str, at: str) -> Json:
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{refund_id}",
        "order_id": order["id"],
        "amount": amount,
        "currency": order["currency"],
        "kind": "refund",
        "status": "success",
        "gateway": order["gateway"],
        "created_at": at,
        "processed_at": at,
        "parent_id": None,
        "message": None,
        "error_code": None,
        "test": True,
    }
