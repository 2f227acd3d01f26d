"""Errors of the shops' API. A class's name is the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, MalformedRequest, NotFound, PayloadTooLarge, Unauthenticated


class AppNotFound(NotFound):
    code = "AppNotFound"
    title = "This Shopify app is not configured here"


class InstallationNotFound(NotFound):
    code = "InstallationNotFound"
    title = "The app is not installed in this shop"


class InvalidShopDomain(MalformedRequest):
    code = "InvalidShopDomain"
    title = "Invalid shop domain; expected example.myshopify.com"


class ShopDomainTaken(Conflict):
    code = "ShopDomainTaken"
    title = "This domain stores another shop's data; contact support"


class InvalidOAuthCallback(MalformedRequest):
    code = "InvalidOAuthCallback"
    title = "The OAuth callback is expired or wrongly signed"


class InvalidState(Forbidden):
    code = "InvalidState"
    title = "Unknown or expired OAuth state; start over"


class InstallationRefused(Forbidden):
    code = "InstallationRefused"
    title = "Shopify refused the installation; start over"


class InvalidSessionToken(Unauthenticated):
    code = "InvalidSessionToken"
    title = "The session token is not valid"


class InvalidProxySignature(Unauthenticated):
    code = "InvalidProxySignature"
    title = "The app proxy signature is expired or wrong"


class WrongApp(Forbidden):
    code = "WrongApp"
    title = "This token belongs to a different app"


class InvalidWebhookSignature(Unauthenticated):
    code = "InvalidWebhookSignature"
    title = "The webhook's signature is missing or wrong"


class MissingWebhookHeaders(MalformedRequest):
    code = "MissingWebhookHeaders"
    title = "Webhook headers are missing or malformed"


class DeliveryNotFound(NotFound):
    code = "DeliveryNotFound"
    title = "No delivery with this id in 30 days"


class SettingsTooLarge(PayloadTooLarge):
    code = "SettingsTooLarge"
    title = "Settings must not exceed 64 KB"
