"""Use cases of the shops. This facade exports those that other contexts may use."""

from chalicelib.shops.service.admin import AdminApi, open_admin_api
from chalicelib.shops.service.auth import Merchant, Shopper, WebhookSender, merchant, shopper, webhook_sender
from chalicelib.shops.service.oauth_install import complete_oauth, start_oauth
from chalicelib.shops.service.settings import change_settings, list_settings_versions, read_settings
from chalicelib.shops.service.shops import (
    app_handles,
    app_key,
    is_active_after_redact,
    is_reinstalled_since,
    list_installations,
    parse_shop_domain,
    read_shop,
)
from chalicelib.shops.service.tokens import get_access_token
from chalicelib.shops.service.webhook_intake import receive_webhook, republish_delivery

__all__ = [
    "AdminApi",
    "Merchant",
    "Shopper",
    "WebhookSender",
    "app_handles",
    "app_key",
    "change_settings",
    "complete_oauth",
    "get_access_token",
    "is_active_after_redact",
    "is_reinstalled_since",
    "list_installations",
    "list_settings_versions",
    "merchant",
    "open_admin_api",
    "parse_shop_domain",
    "read_settings",
    "read_shop",
    "receive_webhook",
    "republish_delivery",
    "shopper",
    "start_oauth",
    "webhook_sender",
]
