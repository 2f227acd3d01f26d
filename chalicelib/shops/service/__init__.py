"""Use cases of the shops. This facade exports those that other contexts may use."""

from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.service.admin import AdminApi, open_admin_api
from chalicelib.shops.service.app_links import app_page_url
from chalicelib.shops.service.auth import Merchant, Shopper, merchant, only_app, shopper
from chalicelib.shops.service.shop_identity import list_later_domains, resolve_for_all_apps
from chalicelib.shops.service.shops import (
    ShopContact,
    ShopLocale,
    app_handles,
    app_key,
    filter_installed,
    find_contact,
    find_locale,
    is_active_after_redact,
    is_reinstalled_since,
    list_installed_shops,
    parse_shop_domain,
)
from chalicelib.shops.service.throttling import ATTEMPTS, run_or_postpone
from chalicelib.shops.service.tokens import get_access_token

__all__ = [
    "ATTEMPTS",
    "AdminApi",
    "InstallationNotFound",
    "Merchant",
    "ShopContact",
    "ShopLocale",
    "Shopper",
    "app_handles",
    "app_key",
    "app_page_url",
    "filter_installed",
    "find_contact",
    "find_locale",
    "get_access_token",
    "is_active_after_redact",
    "is_reinstalled_since",
    "list_installed_shops",
    "list_later_domains",
    "merchant",
    "only_app",
    "open_admin_api",
    "parse_shop_domain",
    "resolve_for_all_apps",
    "run_or_postpone",
    "shopper",
]
