"""The buttons of the customer portal: cancel, resume, change plan, remove an add-on, use another card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_object
from infra.sandbox.stripe.html import price_text
from infra.sandbox.stripe.price_changes import DECLINING_METHOD, delete_item, update
from infra.sandbox.stripe.store import Store, new_id

Fields = Mapping[str, str]


def act(store: Store, customer: str, fields: Fields, offered: Sequence[str]) -> None:
    """Perform the action of a button.

    Raises `ApiError` if the subscription is not the customer's (404), the action is unknown or the price not offered.
    """
    row = store.get("subscription", fields.get("subscription", ""), "subscription")
    if row["customer"] != customer:
        raise missing_object("subscription", row["id"])
    action = ACTIONS.get(fields.get("action", "cancel"))
    if action is None:
        raise ApiError("The portal has no such button.", param="action")
    if "price" in fields and fields["price"] not in offered:
        raise ApiError("The portal does not offer this price.", param="price")
    action(store, row, fields)


def subscription(store: Store, row: Json, offered: Sequence[str]) -> str:
    """Render a subscription and its buttons as HTML; `offered` are the ids of the prices that it can change to."""
    items = row["items"]["data"]
    names = ", ".join(_name(store, item["price"], item["quantity"]) for item in items)
    if row["status"] == "canceled":
        return f"<section><h2>{names}</h2><p>canceled</p></section>"
    state = "ends with its period" if row["cancel_at_period_end"] else row["status"]
    buttons = [
        _button(row, "resume", "Do not cancel")
        if row["cancel_at_period_end"]
        else _button(row, "cancel", "Cancel at period end")
    ]
    if len(items) > 1:
        buttons += [_button(row, "remove", f"Remove {_name(store, each['price'])}", item=each["id"]) for each in items]
    buttons += [
        _button(row, "change", f"Change to {_name(store, price)}", price=price["id"])
        for price in _others(store, row, offered)
    ]
    declines = row["default_payment_method"] == DECLINING_METHOD
    buttons.append(_button(row, "card", "Pay by a good card" if declines else "Pay by a card that declines"))
    return f"<section><h2>{names}</h2><p>{state}</p>{''.join(buttons)}</section>"


def _others(store: Store, row: Json, offered: Sequence[str]) -> list[Json]:
    """Return the offered prices that a subscription can change to; empty if it has several items."""
    item = row["items"]["data"][0]["price"]
    if len(row["items"]["data"]) > 1 or item["id"] not in offered:
        return []
    prices = [store.get("price", id_) for id_ in offered if id_ != item["id"]]
    return [price for price in prices if price["active"] and price["currency"] == item["currency"]]


def _cancel(store: Store, row: Json, _: Fields) -> None:
    update(store, {"cancel_at_period_end": True}, row["id"])


def _resume(store: Store, row: Json, _: Fields) -> None:
    update(store, {"cancel_at_period_end": False}, row["id"])


def _remove(store: Store, _: Json, fields: Fields) -> None:
    delete_item(store, {}, fields.get("item", ""))


def _change(store: Store, row: Json, fields: Fields) -> None:
    item = row["items"]["data"][0]
    wanted = [{"id": item["id"], "price": fields.get("price", "")}]
    behavior = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    update(store, {"items": wanted, **behavior}, row["id"])


def _card(_: Store, row: Json, __: Fields) -> None:
    declines = row["default_payment_method"] == DECLINING_METHOD
    row["default_payment_method"] = new_id("pm") if declines else DECLINING_METHOD


ACTIONS: Mapping[str, Callable[[Store, Json, Fields], None]] = {
    "cancel": _cancel,
    "resume": _resume,
    "remove": _remove,
    "change": _change,
    "card": _card,
}


def _button(row: Json, action: str, words: str, **hidden: str) -> str:
    given = {"subscription": row["id"], "action": action, **hidden}
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in given.items())
    return f'<form method="post">{inputs}<button>{words}</button></form>'


def _name(store: Store, price: Json, quantity: int = 1) -> str:
    return escape(f"{store.get('product', price['product'])['name']}, {price_text(price, quantity)}")
