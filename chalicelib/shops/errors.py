"""What can go wrong between a shop, Shopify and us. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import (
    Forbidden,
    MalformedRequest,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    Problem,
    Unauthenticated,
)


class AppNotFound(NotFound):
    title = "No such Shopify app is configured here"


class ShopNotInstalled(NotFound):
    title = "The app is not installed in this shop"


class InvalidShopDomain(MalformedRequest):
    title = "This is not a *.myshopify.com domain"


class InvalidOAuthCallback(MalformedRequest):
    title = "This is not a genuine, recent answer of Shopify's"


class InvalidState(Forbidden):
    title = "This installation was not begun in this browser, or took too long; start again"


class InstallationRefused(Forbidden):
    title = "Shopify refused the installation; start again"


class InvalidSessionToken(Unauthenticated):
    title = "The session token is not valid"


class InvalidProxySignature(Unauthenticated):
    title = "This call did not come through Shopify's app proxy just now"


class InvalidWebhookSignature(Unauthenticated):
    title = "The webhook's signature is missing or wrong"


class MissingWebhookHeaders(MalformedRequest):
    title = "Webhook headers are missing or malformed"


class DeliveryNotFound(NotFound):
    title = "There is no delivery with this id; they are kept for 30 days"


class SettingsTooLarge(PayloadTooLarge):
    title = "Settings may have 64 KB"


class SettingsChanged(PreconditionFailed):
    title = "The settings were changed since you read them"


class DuplicateDelivery(Problem):
    """Not shown to anybody: a delivery that is on record already answers as the first one did."""

    status, title = 200, "This delivery is on record"
