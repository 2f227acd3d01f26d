"""The shop behind a myshopify domain: known by its id, because a merchant can change the domain (ADR 40)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.integrations.shopify import admin_api
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.kit import logs
from chalicelib.kit.messages import publish
from chalicelib.kit.timed_cache import TimedCache
from chalicelib.shops.apps import TOPICS
from chalicelib.shops.repository import deliveries, shop_domains
from chalicelib.shops.repository.shop_domains import IdentifiedShop
from chalicelib.shops.schemas.messages import BackfillRequested
from chalicelib.shops.shop_names import ShopIdentity, StoredName

_IDENTITY = "query Identity { shop { id myshopifyDomain } }"
BACKFILL_DELAY = 300
"""Seconds until the backfill of a renamed shop starts; later than the consumers of the deliveries that it repeats."""

names: TimedCache[tuple[str, str], StoredName | None] = TimedCache(timedelta(minutes=5), 10_000)
"""The shop of a (domain, app), for requests and webhooks, which read no row of the shop. Unknown domains are not cached: a
new domain is found as soon as it is stored."""

log = logs.logger("shops")


def fetch_identity(domain: str, access_token: str, requested_at: datetime) -> ShopIdentity:
    """Return the shop whose Admin API answers at the domain. Raises as `admin_api.graphql` does."""
    identity = parse_identity(admin_api.graphql(domain, access_token, _IDENTITY).get("shop") or {}, requested_at)
    if identity is None:
        raise ShopifyRefused(200, "the shop has no id or domain")
    return identity


def parse_identity(shop: dict[str, Any], requested_at: datetime) -> ShopIdentity | None:
    """Return the identity in the Admin API's `shop`; None if it has no id or domain."""
    shopify_id, domain = shop.get("id"), shop.get("myshopifyDomain")
    return ShopIdentity(shopify_id, domain.lower(), requested_at) if shopify_id and domain else None


def find_identified(app: str, called: str, identity: ShopIdentity) -> IdentifiedShop:
    """Return the shop that Shopify identified when `called` was called. Raises ShopDomainTaken."""
    return shop_domains.find_by_identity(app, called, identity, tuple(TOPICS))


def save_identity(app: str, found: IdentifiedShop) -> None:
    """Store the GID and domains of a stored shop, unless they are stored already.

    Raises WriteConflict if another process has changed them.
    """
    if not found.is_known:
        shop_domains.save_names(app, found)
        note_new_domains(app, found)


def note_new_domains(app: str, found: IdentifiedShop) -> None:
    """Log the shop's new domains. Request a backfill if webhooks of a domain arrived before it was known.

    They were published for a shop of that name.
    """
    names.forget()
    if not found.new_domains:
        return
    log.info("shop renamed", extra={"shop": found.shop, "app": app, "domains": found.new_domains})
    moments = [deliveries.find_oldest_time(domain, app) for domain in found.new_domains]
    since = min((moment for moment in moments if moment), default=None)
    if since is None:
        return
    for kind in ("orders", "products"):
        request = BackfillRequested(shop=found.shop, app=app, kind=kind, since=since - timedelta(minutes=1))
        publish(request, delay_seconds=BACKFILL_DELAY)


def resolve_shop(domain: str, app: str) -> str:
    """Return the first domain of the shop that has or had this domain; the domain itself if it is unknown."""
    name = find_name(domain, app)
    return name.shop if name else domain


def find_name(domain: str, app: str) -> StoredName | None:
    """Return the names of the shop that has or had this domain, at most five minutes old; None if it is unknown."""
    return names.get((domain, app), lambda: shop_domains.find_name(domain, app))


def resolve_for_all_apps(domain: str) -> str:
    """Return the first domain of the shop that has or had this domain, for a look-up over all apps."""
    return min(shop_domains.find_first_domains(domain, tuple(TOPICS)), default=domain)


def list_later_domains(shop: str, apps: Sequence[str]) -> list[str]:
    """Return the later domains of the shop whose first domain is `shop`, in any of the apps. One query for each app."""
    return sorted({domain for app in apps for domain in shop_domains.list_later_domains(shop, app)})


def accept_reported_identity(domain: str, app: str, identity: ShopIdentity) -> str | None:
    """Return the shop of a delivery that reports a GID; None if the domain's rows are another shop's.

    `domain` is the delivery's. A new domain is stored. If the GID is not stored, the domain identifies the shop; its next
    registration stores the GID.
    """
    name = find_name(domain, app)
    is_other = name is not None and not name.may_be(identity.shopify_id)
    if name is not None and not is_other and name.is_current(domain) and name.is_current(identity.domain):
        return name.shop
    owner = shop_domains.find_owner(app, identity.shopify_id)
    if owner is None:
        return None if is_other else (name.shop if name else domain)
    found = find_identified(app, domain, identity)
    if found.row is not None:
        save_identity(app, found)
    return owner
