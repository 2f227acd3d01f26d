"""What a merchant sees of the shop itself."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import config
from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.shops import apps, domain, evidence, scopes
from chalicelib.shops.repository import installations
from chalicelib.shops.repository.session_evidence import evidence_of
from chalicelib.shops.schemas.merchant import InstallationRead, ShopRead
from chalicelib.shops.service.callers import Merchant


def app_key(handle: str) -> str:
    """The API key of the app called `handle`, which is no secret. Raises UnknownApp."""
    return apps.get(handle).key


def app_handles() -> tuple[str, ...]:
    """The apps that there are, whether this deployment has their keys or not."""
    return tuple(apps.TOPICS)


def came_back(shop: str, app: str, since: datetime) -> bool:
    """Whether the app was installed in the shop after `since`, and is there now; one read."""
    row = installations.find(shop, app)
    return row is not None and row.is_active and row.installed_at > since


def came_back_after_redact(shop: str, app: str, requested_at: datetime) -> bool:
    """Whether the app is there again after the removal that a `shop/redact` of `requested_at` follows; one read.

    A grant of Shopify or a merchant's session token counts, too: an app may come back without an installation.
    """
    row = installations.find(shop, app)
    if row is None or not row.is_active:
        return False
    return evidence_of(row).newest_at > requested_at - evidence.REDACTED_AFTER


def known_shop(text: str) -> str | None:
    """The domain of the shop that `text` names, or None."""
    return domain.normalize(text, development=not config.settings().is_live)


def read_shop(merchant: Merchant) -> ShopRead:
    """The shop as the app knows it."""
    row = merchant.installation
    columns = {name: getattr(row, name) for name in ShopRead.model_fields if name != "missing_scopes"}
    return ShopRead(**columns, missing_scopes=scopes.missing(apps.get(row.app).scopes, row.scope))


def list_installations(merchant: Merchant, page: PageRequest) -> Slice[InstallationRead]:
    """When the app came and went, newest first."""
    return installations.list_events(merchant.shop, merchant.app, page).map(InstallationRead.of)
