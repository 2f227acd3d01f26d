"""Payloads of privacy, scope and product webhooks.

Sources: https://shopify.dev/docs/api/webhooks,
https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.shopify.orders import DEFAULT_PRICE, numeric_id

PRIVACY_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")


def privacy_payload(
    topic: str, shop_id: int, shop: str, *, customer_id: int | str | None, orders: Iterable[int | str], request_id: int
) -> Json:
    """Build the payload of a privacy topic.

    A guest (`customer_id` None) has only an email address. Raises `ValueError` if it is not a privacy topic.
    """
    if topic not in PRIVACY_TOPICS:
        raise ValueError(f"{topic} is not one of {', '.join(PRIVACY_TOPICS)}")
    payload: Json = {"shop_id": shop_id, "shop_domain": shop}
    if topic == "shop/redact":
        return payload
    customer: Json = {"email": "shopper@example.com"}
    if customer_id is not None:
        customer = {"id": numeric_id(customer_id), **customer, "phone": "555-625-1199"}
    numbers = [numeric_id(order) for order in orders]
    if topic == "customers/redact":
        return {**payload, "customer": customer, "orders_to_redact": numbers}
    return {**payload, "orders_requested": numbers, "customer": customer, "data_request": {"id": request_id}}


def scopes_payload(app_id: int, shop_id: int, previous: Sequence[str], current: Sequence[str], at: str) -> Json:
    """Build the payload of app/scopes_update."""
    return {"id": app_id, "previous": [*previous], "current": [*current], "updated_at": at, "shop_id": shop_id}


def product_payload(
    shop: str, product_id: int | str, title: str, variants: Sequence[Mapping[str, Any]], status: str, at: str
) -> Json:
    """Build the payload of products/update. A variant has `id` and optionally `title`, `sku`, `price`, `stock`."""
    number = numeric_id(product_id)
    rows = [_variant(number, position, variant, at) for position, variant in enumerate(variants, 1)]
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Product/{number}",
        "title": title,
        "handle": title.lower().replace(" ", "-"),
        "body_html": None,
        "vendor": shop.split(".")[0],
        "product_type": "",
        "status": status,
        "tags": "",
        "template_suffix": None,
        "published_scope": "global",
        "created_at": "2026-01-01T00:00:00+00:00",
        "published_at": "2026-01-01T00:00:00+00:00",
        "updated_at": at,
        "options": [{"id": number * 10, "product_id": number, "name": "Title", "position": 1}],
        "variants": rows,
        "variant_gids": [{"admin_graphql_api_id": row["admin_graphql_api_id"], "updated_at": at} for row in rows],
        "images": [],
        "image": None,
        "media": [],
        "category": None,
    }


def _variant(product_id: int, position: int, variant: Mapping[str, Any], at: str) -> Json:
    number = numeric_id(variant["id"])
    title = variant.get("title", "Default Title")
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}",
        "product_id": product_id,
        "title": title,
        "option1": title,
        "position": position,
        "price": str(variant.get("price", DEFAULT_PRICE)),
        "compare_at_price": None,
        "sku": variant.get("sku"),
        "barcode": None,
        "taxable": True,
        "inventory_policy": "deny",
        "inventory_item_id": number * 10,
        "inventory_quantity": variant.get("stock", 0),
        "old_inventory_quantity": variant.get("stock", 0),
        "image_id": None,
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": at,
    }
