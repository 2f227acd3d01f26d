"""Calls of Shopify's Admin API in the name of an installation."""

from __future__ import annotations

from typing import Any

from chalicelib.integrations import shopify
from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.shops.service.tokens import access_token


def graphql(shop: str, app: str, query: str, /, **variables: Any) -> dict[str, Any]:
    """The `data` of a GraphQL call with the app's token, which is refreshed once if Shopify does not take it.

    Raises ShopNotInstalled where the app is not or its tokens are dead, ShopifyRefused for a query that Shopify does
    not take, ShopifyThrottled and ShopifyUnavailable when it should be tried later.
    """
    token = access_token(shop, app)
    try:
        return shopify.graphql(shop, token, query, **variables)
    except ShopifyRefused as refused:
        if refused.status != 401:
            raise
    return shopify.graphql(shop, access_token(shop, app, refused=token), query, **variables)
