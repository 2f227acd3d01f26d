"""Shops and their installations: what merchants read, and what other contexts ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops import apps, domain, evidence, scopes
from chalicelib.shops.repository import installations, settings, shop_domains
from chalicelib.shops.repository.session_evidence import evidence_of
from chalicelib.shops.repository.shop_domains import stored_name
from chalicelib.shops.schemas.merchant import InstallationRead, ShopRead
from chalicelib.shops.service.auth import Merchant


def app_key(handle: str) -> str:
    """Return the app's API key, which is public. Raises AppNotFound."""
    return apps.get_app(handle).key


def app_handles() -> tuple[str, ...]:
    """Return the handles of all apps, including those without credentials in this deployment."""
    return tuple(apps.TOPICS)


def list_installed_shops(app: str, page: PageRequest) -> PageResult[str]:
    """Return a page of the domains of the shops with the app active, oldest installation first."""
    return installations.list_by_active_app(app, page).map(lambda row: row.shop)


@dataclass(frozen=True, slots=True)
class ShopLocale:
    """A shop's IANA time zone, currency and myshopify domain, as Shopify last reported them.

    The currency may be unknown; the domain is empty for an unknown shop.
    """

    time_zone: str = "UTC"
    currency: str | None = None
    domain: str = ""


def find_locale(shop: str, app: str) -> ShopLocale:
    """Return the shop's time zone, currency and domain; UTC and no more for an unknown shop. Reads one row."""
    row = installations.find(shop, app)
    return (
        ShopLocale(row.iana_timezone or "UTC", row.currency, stored_name(row).present_domain) if row else ShopLocale()
    )


@dataclass(frozen=True, slots=True)
class ShopContact:
    """The shop's e-mail address and domain as Shopify last reported them, and the merchant's settings of the app."""

    email: str | None
    domain: str
    settings: dict[str, Any]


def find_contact(shop: str, app: str) -> ShopContact | None:
    """Return how the merchant wants to be reached; None if the app is not active. Reads two rows."""
    row = installations.find(shop, app)
    if row is None or not row.is_active:
        return None
    stored = settings.find(shop, app)
    return ShopContact(row.email, stored_name(row).present_domain, dict(stored.settings) if stored else {})


def filter_installed(app: str, candidates: Sequence[str]) -> set[str]:
    """Return those of at most 100 shops in which the app is active, with one consistent read call."""
    return {row.shop for row in installations.find_many(app, candidates) if row.is_active}


def is_reinstalled_since(shop: str, app: str, since: datetime) -> bool:
    """Return whether the app is active in the shop and was installed after `since`. Reads one row of a present domain."""
    row = shop_domains.find_by_domain(shop, app)
    return row is not None and row.is_active and row.installed_at > since


def is_active_after_redact(shop: str, app: str, requested_at: datetime) -> bool:
    """Return whether the app is active after the removal that led to a `shop/redact` of `requested_at`. Reads one row of a present domain.

    A grant or a merchant's session token is evidence, too: an app may be active again without an installation.
    """
    row = shop_domains.find_by_domain(shop, app)
    if row is None or not row.is_active:
        return False
    return evidence_of(row).newest_at > requested_at - evidence.REDACTED_AFTER


def parse_shop_domain(text: str) -> str | None:
    """Return the domain of the shop that `text` names, or None."""
    return domain.normalize_shop_domain(text, development=not config.settings().is_live)


def read_shop(merchant: Merchant) -> ShopRead:
    """Return the merchant's shop as stored for the app."""
    row = merchant.installation
    composed = {
        "missing_scopes": scopes.missing_scopes(apps.get_app(row.app).scopes, row.scope),
        "domain": stored_name(row).present_domain,
        "refused_topics": [{"topic": topic, **note} for topic, note in sorted((row.refused_topics or {}).items())],
    }
    columns = {name: getattr(row, name) for name in ShopRead.model_fields if name not in composed}
    return ShopRead(**columns, **composed)


def list_installations(merchant: Merchant, page: PageRequest) -> PageResult[InstallationRead]:
    """Return a page of the app's installs and uninstalls, newest first."""
    return installations.list_events(merchant.shop, merchant.app, page).map(InstallationRead.of)
