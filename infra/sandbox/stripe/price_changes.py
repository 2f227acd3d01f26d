"""Price changes of running subscriptions, and their previews, in whole cents.

The amounts are computed independently of the bundle. Sources:
https://docs.stripe.com/billing/subscriptions/prorations, …/change-price,
https://docs.stripe.com/api/invoices/create_preview.
"""

from copy import deepcopy
from datetime import UTC, datetime

from infra.sandbox.server import Json
from infra.sandbox.stripe import discounts, invoices, payments, subscriptions
from infra.sandbox.stripe.amounts import amounts_of
from infra.sandbox.stripe.catalog import plan_of
from infra.sandbox.stripe.errors import ApiError, missing_object, missing_parameter
from infra.sandbox.stripe.intervals import add_interval
from infra.sandbox.stripe.store import Store, change_metadata, new_id

DECLINING_METHOD = "pm_card_chargeCustomerFail"
"""A card that can be attached, but every charge fails (https://docs.stripe.com/testing#declined-payments)."""


def update(store: Store, params: Json, subscription: str) -> Json:
    """Update a subscription: its items, then its other fields."""
    row = store.get("subscription", subscription)
    if params.get("items") and row["status"] != "canceled":
        _change_items(store, row, params)
    return subscriptions.update(store, params, subscription)


def _change_items(store: Store, row: Json, params: Json) -> None:
    """Change prices or quantities of items and bill the amount that is due immediately.

    Raises `ApiError` and changes nothing if the change is invalid (400, 404 or 501) or the payment is declined (402).
    """
    tried = store.scratch()
    due = _bill(tried, row["id"], _change(tried, tried.get("subscription", row["id"]), params))
    if due and due["amount_due"] and row["default_payment_method"] == DECLINING_METHOD:
        if params.get("payment_behavior") != "error_if_incomplete":
            raise ApiError(
                "The sandbox implements declined payments only for error_if_incomplete.",
                status=501,
                param="payment_behavior",
            )
        raise ApiError("Your card was declined.", status=402, code="card_declined", kind="card_error")
    previous = {name: deepcopy(row[name]) for name in ("items", "latest_invoice", "metadata")}
    invoice = _bill(store, row["id"], _change(store, row, params))
    change_metadata(row, params.get("metadata"))
    previous = {name: value for name, value in previous.items() if row[name] != value}
    if previous:
        store.emit("customer.subscription.updated", row, previous)
    if invoice is not None:
        settle(store, invoice)


def delete_item(store: Store, params: Json, item: str) -> Json:
    """Remove an item; the unused time of its period becomes a credit on the next invoice.

    Raises `ApiError` if the item does not exist or is the subscription's only one.
    """
    row = next(
        (each for each in store.all("subscription") if item in [one["id"] for one in each["items"]["data"]]), None
    )
    if row is None:
        raise missing_object("subscription_item", item)
    if len(row["items"]["data"]) == 1:
        raise ApiError("A subscription must have at least one active plan. To cancel it, delete the subscription.")
    previous = {"items": deepcopy(row["items"])}
    gone = next(each for each in row["items"]["data"] if each["id"] == item)
    if params.get("proration_behavior", "create_prorations") != "none" and row["status"] != "trialing":
        at = params.get("proration_date", store.now)
        _note(store, row, gone, gone["price"], gone["quantity"], -1, at)
    row["items"]["data"].remove(gone)
    row["items"]["total_count"] -= 1
    store.emit("customer.subscription.updated", row, previous)
    return {"id": item, "object": "subscription_item", "deleted": True}


def create_preview(store: Store, params: Json) -> Json:
    """Preview the invoice that a change creates immediately, otherwise the next invoice. Stores nothing."""
    if "subscription" not in params:
        raise missing_parameter("subscription")
    tried, details = store.scratch(), params.get("subscription_details", {})
    row = tried.get("subscription", params["subscription"], "subscription")
    if details.get("proration_date") and details.get("proration_behavior") == "none":
        message = "You cannot pass `subscription_details[proration_date]` without prorations."
        raise ApiError(message, param="subscription_details[proration_date]")
    full = _change(tried, row, details) if details.get("items") else None
    invoice = _bill(tried, row["id"], full) or _upcoming(tried, row)
    return invoice | {
        "id": new_id("upcoming_in"),
        "status": "draft",
        "billing_reason": "upcoming",
        "number": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "status_transitions": dict.fromkeys(invoice["status_transitions"]),
    }


def _change(store: Store, row: Json, params: Json) -> list[Json] | None:
    """Change the items and store the prorations as pending invoice items.

    Returns the lines of whole periods to bill immediately, or None if nothing is billed immediately.
    """
    behavior = params.get("proration_behavior", "create_prorations")
    full, prorated = [], False
    for position, given in enumerate(params["items"]):
        item, price, quantity = _wanted(store, row, given, position)
        if "discounts" in given:
            discounts.set_discounts(store, row, item, given["discounts"])
        if (price["id"], quantity) == (item["price"]["id"], item["quantity"]):
            continue
        restarts = interval_of(price) != interval_of(item["price"])
        on_trial = row["status"] == "trialing"
        if behavior != "none" and not on_trial:
            _prorate(store, row, item, price, quantity, restarts, params.get("proration_date"))
            prorated = True
        item |= {"price": price, "plan": plan_of(price), "quantity": quantity}
        if restarts and not on_trial:
            item["current_period_start"] = row["billing_cycle_anchor"] = store.now
            item["current_period_end"] = add_interval(store.now, *interval_of(price))
            full.append(whole_line(store, row, item, item["current_period_start"], item["current_period_end"]))
    return full if full or (prorated and behavior == "always_invoice") else None


def _wanted(store: Store, row: Json, given: Json, position: int) -> tuple[Json, Json, int]:
    item = next((each for each in row["items"]["data"] if each["id"] == given.get("id")), None)
    if item is None:
        raise missing_object("subscription_item", given.get("id", ""), f"items[{position}][id]")
    price = store.get("price", given["price"], f"items[{position}][price]") if "price" in given else item["price"]
    is_usable = price["active"] or price["id"] == item["price"]["id"]
    if not is_usable or price["recurring"] is None or price["currency"] != row["currency"]:
        raise ApiError("The price cannot be used on this subscription.", param=f"items[{position}][price]")
    kept = item["quantity"] if price["id"] == item["price"]["id"] else 1
    return item, price, given.get("quantity", kept)


def _prorate(store: Store, row: Json, item: Json, price: Json, quantity: int, restarts: bool, date: int | None) -> None:
    start, end = item["current_period_start"], item["current_period_end"]
    at = store.now if date is None else date
    if not start <= at <= end:
        raise ApiError("The proration date must be within the current period.", param="proration_date")
    _note(store, row, item, item["price"], item["quantity"], -1, at)
    if not restarts:
        _note(store, row, item, price, quantity, 1, at)


def _note(store: Store, row: Json, item: Json, price: Json, quantity: int, sign: int, at: int) -> None:
    """Store a pending invoice item for the subscription's next invoice; `sign` -1 makes it a credit."""
    end, length = item["current_period_end"], item["current_period_end"] - item["current_period_start"]
    exact = price["unit_amount"] * quantity * (end - at)
    name = store.get("product", price["product"])["name"]
    store.put(
        {
            "id": new_id("ii"),
            "object": "invoiceitem",
            "amount": sign * ((2 * exact + length) // (2 * length)),
            "customer": row["customer"],
            "date": store.now,
            "description": f"{'Unused' if sign < 0 else 'Remaining'} time on {name} after "
            f"{datetime.fromtimestamp(at, UTC):%d %b %Y}",
            "invoice": None,
            "period": {"start": at, "end": end},
            "price": price["id"],
            "quantity": quantity,
            "subscription": row["id"],
            "subscription_item": item["id"],
        }
    )


def _bill(store: Store, subscription: str, full: list[Json] | None) -> Json | None:
    """Store the invoice of a change, or return None if `full` is None (see `_change`)."""
    if full is None:
        return None
    row = store.get("subscription", subscription)
    invoice = open_invoice(store, row, full)
    row["latest_invoice"] = invoice["id"]
    return store.put(invoice)


def _upcoming(store: Store, row: Json) -> Json:
    full = []
    for item in [] if row["cancel_at_period_end"] else row["items"]["data"]:
        end = item["current_period_end"]
        full.append(whole_line(store, row, item, end, add_interval(end, *interval_of(item["price"]))))
    return open_invoice(store, row, full)


def open_invoice(store: Store, row: Json, full: list[Json]) -> Json:
    """Build an open invoice of the pending invoice items and the lines `full`."""
    customer, id_ = store.get("customer", row["customer"]), new_id("in")
    lines = [*_collected(store, row, id_), *(line | {"invoice": id_} for line in full)]
    amounts = amounts_of(store, row, lines)
    discounts.remove_used(store, row)
    invoice = invoices.blank(store, id_, customer, amounts["total"], row["currency"]) | amounts
    left = invoice["total"] + customer["balance"]
    return invoice | {
        "amount_due": max(0, left),
        "amount_paid": 0,
        "amount_remaining": max(0, left),
        "attempt_count": 0,
        "attempted": False,
        "billing_reason": "subscription_update",
        "starting_balance": customer["balance"],
        "ending_balance": min(0, left),
        "status": "open",
        "status_transitions": invoice["status_transitions"] | {"paid_at": None},
        "lines": invoices.lines_of(id_, lines),
        "parent": invoices.parent_of(row),
    }


def settle(store: Store, invoice: Json) -> None:
    """Finalize and pay an invoice, first from the customer balance, and emit the events."""
    store.emit("invoice.finalized", invoice)
    customer, paid = store.get("customer", invoice["customer"]), None
    if customer["balance"] != invoice["ending_balance"]:
        before = {"balance": customer["balance"]}
        customer["balance"] = invoice["ending_balance"]
        store.emit("customer.updated", customer, before)
    due = invoice["amount_due"]
    if due:
        paid = payments.pay(store, due, invoice["currency"], customer["id"], {}, "Subscription update")
        invoices.put_payment(store, invoice["id"], paid[0])
    invoice |= {
        "status": "paid",
        "amount_paid": due,
        "amount_remaining": 0,
        "attempt_count": 1 if due else 0,
        "attempted": True,
        "status_transitions": invoice["status_transitions"] | {"paid_at": store.now},
    }
    store.emit("invoice.paid", invoice)
    store.emit("invoice.payment_succeeded", invoice)
    if paid:
        store.emit("payment_intent.succeeded", paid[0])
        store.emit("charge.succeeded", paid[1])


def _collected(store: Store, row: Json, invoice: str) -> list[Json]:
    """Return the pending invoice items as lines and assign them to the invoice."""
    lines = []
    for waiting in reversed(store.all("invoiceitem")):
        if waiting["subscription"] == row["id"] and waiting["invoice"] is None:
            price = store.get("price", waiting["price"])
            line = invoices.line_of(
                store, invoice, price, waiting["quantity"], waiting["description"], waiting["amount"]
            )
            parent = invoices.item_parent(row, waiting["subscription_item"], waiting["id"])
            lines.append(line | {"discountable": False, "parent": parent, "period": waiting["period"]})
            waiting["invoice"] = invoice
    return lines


def whole_line(store: Store, row: Json, item: Json, start: int, end: int) -> Json:
    """Build the line for a whole period of an item."""
    price, quantity = item["price"], item["quantity"]
    name = store.get("product", price["product"])["name"]
    line = invoices.line_of(store, "", price, quantity, f"{quantity} × {name}", price["unit_amount"] * quantity)
    return line | {"parent": invoices.item_parent(row, item["id"], None), "period": {"start": start, "end": end}}


def interval_of(price: Json) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]
