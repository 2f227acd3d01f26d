"""Use cases of the shops, a module a family; what other contexts may use is exported here."""

from chalicelib.shops.service.admin import Admin, admin
from chalicelib.shops.service.callers import Merchant, Shopper, WebhookSender, merchant, shopper, webhook_sender
from chalicelib.shops.service.installing import begin, complete
from chalicelib.shops.service.receiving import receive, replay
from chalicelib.shops.service.settings import change_settings, list_settings_versions, read_settings
from chalicelib.shops.service.shops import (
    app_handles,
    app_key,
    came_back,
    came_back_after_redact,
    known_shop,
    list_installations,
    read_shop,
)
from chalicelib.shops.service.tokens import access_token

__all__ = [
    "Admin",
    "Merchant",
    "Shopper",
    "WebhookSender",
    "access_token",
    "admin",
    "app_handles",
    "app_key",
    "begin",
    "came_back",
    "came_back_after_redact",
    "change_settings",
    "complete",
    "known_shop",
    "list_installations",
    "list_settings_versions",
    "merchant",
    "read_settings",
    "read_shop",
    "receive",
    "replay",
    "shopper",
    "webhook_sender",
]
