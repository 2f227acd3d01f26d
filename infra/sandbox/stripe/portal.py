"""Customer portal configurations and sessions (https://docs.stripe.com/api/customer_portal)."""

from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.stripe import customers
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.store import Store, change_metadata, list_of, new_id

DEFAULT_CONFIGURATION = "bpc_sandbox"
"""The account's default configuration: it shows subscriptions but offers no other plan."""
MOST_PRODUCTS = 10
FEATURES = (
    "features.customer_update features.invoice_history features.payment_method_update features.subscription_cancel "
    "features.subscription_update"
)


def create(store: Store, params: Json) -> Json:
    customers.usable(store, params["customer"])
    configuration = params.get("configuration", DEFAULT_CONFIGURATION)
    if configuration != DEFAULT_CONFIGURATION and not _configuration(store, configuration)["active"]:
        raise ApiError("The configuration is not active.", param="configuration")
    id_ = new_id("bps")
    session = {
        "id": id_,
        "object": "billing_portal.session",
        "configuration": configuration,
        "created": store.now,
        "customer": params["customer"],
        "flow": None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url"),
        "url": f"{store.base_url}/p/session/{id_}",
    }
    return store.put(session)


def create_configuration(store: Store, params: Json) -> Json:
    row: Json = {
        "id": new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": store.now,
        "default_return_url": None,
        "features": {},
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "updated": store.now,
    }
    _set(store, row, params)
    return store.put(row)


def update_configuration(store: Store, params: Json, configuration: str) -> Json:
    row = _configuration(store, configuration)
    _set(store, row, params)
    row["updated"] = store.now
    return row


def retrieve_configuration(store: Store, _: Json, configuration: str) -> Json:
    return _configuration(store, configuration)


def list_configurations(store: Store, params: Json) -> Json:
    rows = store.filtered("billing_portal.configuration", params, "active", "is_default")
    return list_of(rows, "/v1/billing_portal/configurations", params)


def offered_prices(store: Store, session: Json) -> list[str]:
    """Return the ids of the prices to which a subscription can be changed in this portal session."""
    row = store.find(session["configuration"])
    update = (row["features"].get("subscription_update") or {}) if row else {}
    products: list[Any] = update.get("products") or [] if update.get("enabled") else []
    return [price for product in products for price in product["prices"]]


def _configuration(store: Store, id_: str) -> Json:
    return store.get("billing_portal.configuration", id_, "configuration")


def _set(store: Store, row: Json, params: Json) -> None:
    """Set the given features. Raises `ApiError` if a product or price does not exist or there are too many products."""
    features = params.get("features", {})
    products = features.get("subscription_update", {}).get("products") or []
    if len(products) > MOST_PRODUCTS:
        raise ApiError(
            f"You can offer up to {MOST_PRODUCTS} products.", param="features[subscription_update][products]"
        )
    for product in products:
        store.get("product", product["product"], "features[subscription_update][products]")
        for price in product["prices"]:
            store.get("price", price, "features[subscription_update][products]")
    row["features"] = row["features"] | features
    row["active"] = params.get("active", row["active"])
    change_metadata(row, params.get("metadata"))
