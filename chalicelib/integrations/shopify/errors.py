"""Errors of the calls to Shopify."""

from __future__ import annotations

import re

from chalicelib.kit.errors import Unavailable

_APP_ERRORS = {"application_cannot_be_found", "invalid_client", "unauthorized_client"}
_UNAVAILABLE_SHOP_STATUSES = (402, 403, 404, 423)
_FORBIDDEN = 403
_ABOUT_ACCESS = re.compile(r"\bscopes?\b|\bapprov|\bpermission|access denied", re.IGNORECASE)
"""The text of a 403 that refuses one action, such as "requires merchant approval for read_orders scope"."""


class ShopifyUnavailable(Unavailable):
    code = "ShopifyUnavailable"
    title = "Shopify is not available; try again"


class ShopifyThrottled(ShopifyUnavailable):
    """Shopify's rate limit; `retry_after` is the number of seconds until the call can be afforded."""

    code = "ShopifyThrottled"


class ShopifyRefused(Exception):
    """Shopify refused the call: an HTTP status and the name of the error. A retry of the same call does not help."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"Shopify answered {status}: {error}")
        self.status = status
        self.error = error

    @property
    def is_about_the_app(self) -> bool:
        """Whether Shopify refused the app's own credentials; the shop's tokens may still be valid."""
        return self.error in _APP_ERRORS


class AccessDenied(ShopifyRefused):
    """The app has no access scope or approval for one object or webhook topic; the shop itself is available."""


class ShopUnavailable(ShopifyRefused):
    """The shop is frozen (402), locked (423), closed (404) or answers "Unavailable Shop" (403).

    Sources: shopify.dev/docs/api/usage/response-codes; github.com/orbit-apps/elixir-shopifyapi/pull/382 for the 403. The
    GraphQL API answers 200 for a missing access scope (`ACCESS_DENIED`) and for an object that does not exist (null).
    """


def refusal(status: int, error: str) -> ShopifyRefused:
    """Return the error of a response with an HTTP status other than 200."""
    if status not in _UNAVAILABLE_SHOP_STATUSES or error in _APP_ERRORS:
        return ShopifyRefused(status, error)
    if status == _FORBIDDEN and _ABOUT_ACCESS.search(error):
        return AccessDenied(status, error)
    return ShopUnavailable(status, error)
