"""Shopify's Admin API in the name of an installation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations import shopify
from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.shops.service.tokens import access_token

LEFT_ALONE = (402, 403, 404, 423)
"""Shopify's answers for a shop that is frozen, closed, gone or locked: nothing is wrong on our side
(shopify.dev/docs/api/usage/response-codes)."""


@dataclass(slots=True)
class Admin:
    """The Admin API of one shop, for the minutes that a job takes: its token is looked up once."""

    shop: str
    app: str
    _token: str = field(repr=False)

    def graphql(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL call. A token that Shopify does not take any more is refreshed, once.

        Raises ShopNotInstalled where the tokens are dead, ShopifyRefused for a query that Shopify does not take,
        ShopifyThrottled and ShopifyUnavailable when it should be tried later.
        """
        try:
            return shopify.graphql(self.shop, self._token, query, **variables)
        except ShopifyRefused as refused:
            if refused.status != 401:
                raise
        self._token = access_token(self.shop, self.app, refused=self._token)
        return shopify.graphql(self.shop, self._token, query, **variables)


def admin(shop: str, app: str) -> Admin:
    """The Admin API of the shop, with the app's token. Raises as `access_token` does."""
    return Admin(shop, app, access_token(shop, app))
