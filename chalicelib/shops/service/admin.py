"""Shopify's Admin API with the access token of an installation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.integrations.shopify import admin_api
from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopUnavailable
from chalicelib.kit import clock, logs
from chalicelib.shops.metrics import SHOPS_UNAVAILABLE
from chalicelib.shops.repository import availability, installations
from chalicelib.shops.service.tokens import get_access_token, use_access_token

log = logs.logger("shops")


@dataclass(slots=True)
class AdminApi:
    """The Admin API of one shop, for the minutes of one job: its token is read once.

    If Shopify answers that the shop is unavailable, the shop is marked as unavailable and not called again.
    """

    shop: str
    app: str
    _token: str = field(repr=False)
    was_unavailable: bool = False
    """Whether the shop was marked as unavailable when the API was opened."""
    _is_probe: bool = False
    domain: str = ""
    """The shop's present domain; empty if it is `shop`, the first one."""
    _refusal: ShopUnavailable | None = field(default=None, repr=False)

    def graphql(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """Execute a GraphQL call and return its `data`. Refreshes a token that Shopify rejects, once.

        Raises InstallationNotFound if the tokens are revoked, ShopUnavailable if the shop is unavailable,
        AccessDenied without the access scope, ShopifyRefused for an invalid query, ShopifyThrottled and
        ShopifyUnavailable if it should be retried later.
        """
        if self._refusal is not None:
            raise self._refusal
        try:
            return self._execute(query, variables)
        except ShopifyRefused as error:
            if error.status != 401:
                raise
        try:
            self._token = get_access_token(self.shop, self.app, rejected_token=self._token, is_probe=self._is_probe)
        except ShopUnavailable as error:
            self._refusal = error
            raise
        return self._execute(query, variables)

    def _execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        requested_at = clock.now()
        try:
            return admin_api.graphql(self.domain or self.shop, self._token, query, **variables)
        except ShopUnavailable as error:
            self._refusal = error
            availability.mark_unavailable(self.shop, self.app, error.status, requested_at)
            SHOPS_UNAVAILABLE.count(app=self.app)
            log.warning(
                "shop marked as unavailable: Shopify refused a call",
                extra={"shop": self.shop, "app": self.app, "status": error.status},
            )
            raise


def open_admin_api(shop: str, app: str, *, is_probe: bool = False) -> AdminApi:
    """Return the Admin API of the shop with the app's token.

    A shop that is marked as unavailable is called only with `is_probe`, which tests whether it is available again. Raises
    InstallationNotFound if the app is not installed, ShopUnavailable if the shop is unavailable, Unavailable if the
    token cannot be refreshed.
    """
    row = installations.get_active(shop, app)
    token = use_access_token(row, is_probe=is_probe)
    return AdminApi(shop, app, token, row.unavailable_since is not None, is_probe, row.current_domain or "")
