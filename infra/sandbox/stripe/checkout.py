"""Checkout sessions until they are paid or expire (https://docs.stripe.com/api/checkout/sessions)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe import catalog, coupons, customers
from infra.sandbox.stripe.amounts import tax_amount
from infra.sandbox.stripe.errors import ApiError, missing_parameter
from infra.sandbox.stripe.store import Store, list_of, new_id, whole_list

OPEN_SECONDS = 24 * 3600
SHORTEST_SECONDS = 30 * 60


def create(store: Store, params: Json) -> Json:
    for name in ("mode", "line_items", "success_url"):
        if not params.get(name):
            raise missing_parameter(name)
    if "customer" in params and "customer_email" in params:
        raise ApiError(
            "You may only specify one of these parameters: customer, customer_email.", param="customer_email"
        )
    if "customer" in params:
        customers.usable(store, params["customer"])
    expires_at = params.get("expires_at", store.now + OPEN_SECONDS)
    if not store.now + SHORTEST_SECONDS <= expires_at <= store.now + OPEN_SECONDS:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise ApiError(message, param="expires_at")
    items = [_line(store, position, line) for position, line in enumerate(params["line_items"])]
    _check_mode(params["mode"], items)
    total, currency = sum(item["amount_total"] for item in items), items[0]["currency"]
    if any(item["currency"] != currency for item in items):
        raise ApiError("All line items must use the same currency.", param="line_items")
    id_ = new_id("cs_test", 58)
    discount = coupons.off(coupons.usable(store, params.get("discounts", [])), total)
    rates = [store.get("tax_rate", rate) for rate in params.get("subscription_data", {}).get("default_tax_rates") or []]
    tax = sum(tax_amount(rate, total - discount) for rate in rates)
    session = _session(store, params, id_) | {
        "amount_subtotal": total,
        "amount_total": total - discount + tax,
        "discounts": params.get("discounts", []),
        "total_details": {"amount_discount": discount, "amount_shipping": 0, "amount_tax": tax},
        "currency": currency,
        "expires_at": expires_at,
    }
    store.put(session)
    store.put(
        {
            "id": details_id(id_),
            "object": "sandbox.checkout_details",
            "items": items,
            "subscription_data": params.get("subscription_data", {}),
            "payment_intent_data": params.get("payment_intent_data", {}),
        }
    )
    return session


def retrieve(store: Store, _: Json, session: str) -> Json:
    return store.get("checkout.session", session)


def list_all(store: Store, params: Json) -> Json:
    return list_of(store.filtered("checkout.session", params, "customer", "status"), "/v1/checkout/sessions", params)


def list_line_items(store: Store, params: Json, session: str) -> Json:
    store.get("checkout.session", session)
    return list_of(line_items(store, session), f"/v1/checkout/sessions/{session}/line_items", params)


def expire(store: Store, _: Json, session: str) -> Json:
    row = store.get("checkout.session", session)
    if row["status"] != "open":
        only = 'Only Checkout Sessions with a status in ["open"] can be expired.'
        raise ApiError(f"{only} This Checkout Session has a status of {row['status']}.")
    row |= {"status": "expired", "url": None}
    store.emit("checkout.session.expired", row)
    return row


def details_id(session: str) -> str:
    """Return the id of the object that holds the session's line items and later metadata.

    Stripe includes these in the session only if a call expands them, or never.
    """
    return f"details_{session}"


def line_items(store: Store, session: str) -> list[Json]:
    """Return the session's line items."""
    items: list[Json] = store.get("sandbox.checkout_details", details_id(session))["items"]
    return items


def expanded_line_items(store: Store, session: Json) -> Json:
    """Return `line_items` for a call that expands it."""
    return whole_list(line_items(store, session["id"]), f"/v1/checkout/sessions/{session['id']}/line_items")


def _line(store: Store, position: int, line: Json) -> Json:
    if ("price" in line) == ("price_data" in line):
        raise missing_parameter(f"line_items[{position}][price]")
    price = (
        store.get("price", line["price"], f"line_items[{position}][price]")
        if "price" in line
        else catalog.create_price(store, {**line["price_data"], "active": False})
    )
    if "price" in line and not price["active"]:
        raise ApiError(f"The price specified is inactive: {price['id']}.", param=f"line_items[{position}][price]")
    quantity = line.get("quantity", 1)
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": store.get("product", price["product"])["name"],
        "price": price,
        "quantity": quantity,
    }


def _check_mode(mode: str, items: list[Json]) -> None:
    recurring = [item for item in items if item["price"]["recurring"]]
    if mode == "payment" and recurring:
        raise ApiError(
            "You specified `payment` mode but passed a recurring price. "
            "Either switch to `subscription` mode or use only one-time prices.",
            param="mode",
        )
    if mode == "subscription" and not recurring:
        message = "You must provide at least one recurring price in `subscription` mode when using prices."
        raise ApiError(message, param="mode")
    if mode not in ("payment", "subscription"):
        raise ApiError(f"The sandbox does not implement the mode {mode}.", status=501, param="mode")


def _session(store: Store, params: Json, id_: str) -> Json:
    subscribing = params["mode"] == "subscription"
    return {
        "id": id_,
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": store.now,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": params.get("customer"),
        "customer_creation": None if subscribing else params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always" if subscribing else "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": f"{store.base_url}/c/pay/{id_}",
    }
