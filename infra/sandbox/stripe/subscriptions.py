"""Subscriptions (https://docs.stripe.com/api/subscriptions); each item has its own period."""

from infra.sandbox.server import Json
from infra.sandbox.stripe import discounts
from infra.sandbox.stripe.catalog import plan_of
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.intervals import add_interval
from infra.sandbox.stripe.store import Store, change_metadata, list_of, new_id, whole_list

DAY_SECONDS = 24 * 3600
_CHANGEABLE = (
    *("cancel_at_period_end", "cancel_at", "canceled_at", "pause_collection"),
    *("default_tax_rates", "discounts", "description", "metadata"),
)


def begin(store: Store, customer: str, lines: list[Json], extra: Json) -> Json:
    """Store a new subscription of the recurring lines. Emits no event.

    `extra` is the checkout session's `subscription_data`.
    """
    id_ = new_id("sub")
    trial_days = extra.get("trial_period_days")
    trial_end = store.now + trial_days * DAY_SECONDS if trial_days else None
    items = [_item(store.now, id_, line, trial_end) for line in lines]
    subscription = {
        "id": id_,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": trial_end or store.now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": store.now,
        "currency": lines[0]["currency"],
        "customer": customer,
        "days_until_due": None,
        "default_payment_method": new_id("pm"),
        "default_source": None,
        "default_tax_rates": [store.get("tax_rate", rate) for rate in extra.get("default_tax_rates") or []],
        "description": extra.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": whole_list(items, f"/v1/subscription_items?subscription={id_}"),
        "latest_invoice": None,
        "livemode": False,
        "metadata": extra.get("metadata") or {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": store.now,
        "status": "trialing" if trial_end else "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": store.now if trial_end else None,
    }
    return store.put(subscription)


def retrieve(store: Store, _: Json, subscription: str) -> Json:
    return store.get("subscription", subscription)


def list_all(store: Store, params: Json) -> Json:
    wanted = params.get("status")
    rows = [
        row
        for row in store.all("subscription")
        if params.get("customer", row["customer"]) == row["customer"]
        and (wanted == "all" or (row["status"] == wanted if wanted else row["status"] != "canceled"))
    ]
    return list_of(rows, "/v1/subscriptions", params)


def list_items(store: Store, params: Json) -> Json:
    items = store.get("subscription", params["subscription"], "subscription")["items"]["data"]
    return list_of(items, "/v1/subscription_items", params)


def update(store: Store, params: Json, subscription: str) -> Json:
    row = store.get("subscription", subscription)
    if row["status"] == "canceled":
        raise ApiError("A canceled subscription can only update its cancellation_details and metadata.")
    before = {name: row[name] for name in _CHANGEABLE}
    if "cancel_at_period_end" in params:
        ends = params["cancel_at_period_end"]
        row["cancel_at_period_end"] = ends
        row["cancel_at"] = period_end(row) if ends else None
        row["canceled_at"] = store.now if ends else None
        row["cancellation_details"]["reason"] = "cancellation_requested" if ends else None
    if "cancel_at" in params:
        row["cancel_at"] = params["cancel_at"] or None
        row["canceled_at"] = store.now if row["cancel_at"] else None
        row["cancellation_details"]["reason"] = "cancellation_requested" if row["cancel_at"] else None
    if "pause_collection" in params:
        given = params["pause_collection"]
        row["pause_collection"] = {"resumes_at": None, **given} if given else None
    if "default_tax_rates" in params:
        row["default_tax_rates"] = [store.get("tax_rate", rate) for rate in params["default_tax_rates"] or []]
    if "discounts" in params:
        discounts.set_discounts(store, row, row, params["discounts"])
    if "description" in params:
        row["description"] = params["description"] or None
    change_metadata(row, params.get("metadata"))
    previous = {name: value for name, value in before.items() if row[name] != value}
    if previous:
        store.emit("customer.subscription.updated", row, previous)
    return row


def cancel(store: Store, params: Json, subscription: str) -> Json:
    row = store.get("subscription", subscription)
    if row["status"] == "canceled":
        raise ApiError(f"No such subscription: '{subscription}'", status=404, code="resource_missing", param="id")
    row |= {
        "status": "canceled",
        "canceled_at": store.now,
        "ended_at": store.now,
        "cancellation_details": {
            "comment": None,
            "feedback": None,
            **params.get("cancellation_details", {}),
            "reason": "cancellation_requested",
        },
    }
    store.emit("customer.subscription.deleted", row)
    return row


def period_end(subscription: Json) -> int:
    """Return the latest period end of the subscription's items, in Unix seconds."""
    ends: list[int] = [item["current_period_end"] for item in subscription["items"]["data"]]
    return max(ends)


def _item(now: int, subscription: str, line: Json, trial_end: int | None) -> Json:
    price = line["price"]
    recurring = price["recurring"]
    return {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": trial_end or add_interval(now, recurring["interval"], recurring["interval_count"]),
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "plan": plan_of(price),
        "price": price,
        "quantity": line["quantity"],
        "subscription": subscription,
        "tax_rates": [],
    }
