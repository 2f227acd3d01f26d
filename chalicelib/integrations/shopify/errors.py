"""Errors of the calls to Shopify."""

from __future__ import annotations

from chalicelib.kit.errors import Unavailable

_APP_ERRORS = {"application_cannot_be_found", "invalid_client", "unauthorized_client"}


class ShopifyUnavailable(Unavailable):
    title = "Shopify is not available; try again"


class ShopifyThrottled(ShopifyUnavailable):
    """Shopify's rate limit; `retry_after` is the number of seconds until the call can be afforded."""


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
