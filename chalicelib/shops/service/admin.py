"""Shopify's Admin API with the access token of an installation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations.shopify import admin_api
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.shops.service.tokens import get_access_token

UNAVAILABLE_SHOP_STATUSES = (402, 403, 404, 423)
"""Shopify's answers for a shop that is frozen, closed, deleted or locked: not an error of ours
(shopify.dev/docs/api/usage/response-codes)."""


@dataclass(slots=True)
class AdminApi:
    """The Admin API of one shop, for the minutes of one job: its token is read once."""

    shop: str
    app: str
    _token: str = field(repr=False)

    def graphql(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Execute a GraphQL call and return its `data`. Refreshes a token that Shopify rejects, once.

        Raises InstallationNotFound if the tokens are revoked, ShopifyRefused for an invalid query, ShopifyThrottled
        and ShopifyUnavailable if it should be retried later.
        """
        try:
            return admin_api.graphql(self.shop, self._token, query, **variables)
        except ShopifyRefused as error:
            if error.status != 401:
                raise
        self._token = get_access_token(self.shop, self.app, rejected_token=self._token)
        return admin_api.graphql(self.shop, self._token, query, **variables)


def open_admin_api(shop: str, app: str) -> AdminApi:
    """Return the Admin API of the shop with the app's token. Raises InstallationNotFound, Unavailable."""
    return AdminApi(shop, app, get_access_token(shop, app))
