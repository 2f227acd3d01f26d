"""Products (https://docs.stripe.com/api/products) and prices (https://docs.stripe.com/api/prices)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_parameter
from infra.sandbox.stripe.store import Store, change_metadata, list_of, new_id


def create_product(store: Store, params: Json) -> Json:
    product = {
        "id": params.get("id") or new_id("prod", 14),
        "object": "product",
        "active": params.get("active", True),
        "created": store.now,
        "default_price": None,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": store.now,
        "url": None,
    }
    change_metadata(product, params.get("metadata"))
    return store.put(product)


def retrieve_product(store: Store, _: Json, product: str) -> Json:
    return store.get("product", product)


def update_product(store: Store, params: Json, product: str) -> Json:
    row = store.get("product", product)
    row |= {name: params[name] for name in ("name", "description", "active") if name in params}
    change_metadata(row, params.get("metadata"))
    row["updated"] = store.now
    return row


def list_products(store: Store, params: Json) -> Json:
    rows = [
        row
        for row in store.all("product")
        if params.get("active", row["active"]) == row["active"] and ("ids" not in params or row["id"] in params["ids"])
    ]
    return list_of(rows, "/v1/products", params)


def create_price(store: Store, params: Json) -> Json:
    if ("product" in params) == ("product_data" in params):
        raise missing_parameter("product")
    if "unit_amount" not in params:
        raise missing_parameter("unit_amount")
    product = params["product"] if "product" in params else create_product(store, params["product_data"])["id"]
    store.get("product", product, "product")
    recurring = params.get("recurring")
    price = {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": store.now,
        "currency": params["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": params.get("nickname"),
        "product": product,
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }
    _take_lookup_key(store, price, params)
    change_metadata(price, params.get("metadata"))
    return store.put(price)


def retrieve_price(store: Store, _: Json, price: str) -> Json:
    return store.get("price", price)


def update_price(store: Store, params: Json, price: str) -> Json:
    row = store.get("price", price)
    _take_lookup_key(store, row, params)
    row |= {name: params[name] for name in ("active", "nickname") if name in params}
    change_metadata(row, params.get("metadata"))
    return row


def list_prices(store: Store, params: Json) -> Json:
    rows = [
        row
        for row in store.filtered("price", params, "active", "product", "type", "currency")
        if ("lookup_keys" not in params or row["lookup_key"] in params["lookup_keys"])
    ]
    return list_of(rows, "/v1/prices", params)


def plan_of(price: Json) -> Json:
    """Build the legacy plan of a recurring price, which every subscription item still has."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _recurring(given: Json) -> Json:
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _take_lookup_key(store: Store, price: Json, params: Json) -> None:
    if "lookup_key" not in params:
        return
    key = params["lookup_key"] or None
    holders = [row for row in store.all("price") if key and row["lookup_key"] == key and row["id"] != price["id"]]
    for holder in holders:
        if not params.get("transfer_lookup_key"):
            raise ApiError(f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key")
        holder["lookup_key"] = None
    price["lookup_key"] = key
