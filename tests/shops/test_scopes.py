"""Missing scopes.

The cases are those of Shopify/shopify-app-js, packages/apps/shopify-api/lib/auth/scopes: a write scope implies its read
scope, also the unauthenticated ones; order, blanks and repetition do not count.
"""

from __future__ import annotations

import pytest

from chalicelib.shops import scopes


@pytest.mark.parametrize(
    ("required", "granted_scopes", "missing_scopes"),
    [
        ("read_products,read_orders", "read_orders,read_products", []),
        ("read_products, read_orders,read_orders", "read_products", ["read_orders"]),
        ("read_products", "write_products", []),
        ("write_products", "read_products", ["write_products"]),
        ("unauthenticated_read_metaobjects", "unauthenticated_write_metaobjects", []),
        ("read_metaobjects", "unauthenticated_write_metaobjects", ["read_metaobjects"]),
        ("read_products", None, ["read_products"]),
        ("", "read_products", []),
    ],
)
def test_missing_scopes_are_listed(required: str, granted_scopes: str | None, missing_scopes: list[str]) -> None:
    assert scopes.missing_scopes(required, granted_scopes) == missing_scopes
