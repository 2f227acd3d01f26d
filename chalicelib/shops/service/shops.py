"""What a merchant sees of the shop itself."""

from __future__ import annotations

from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.shops import apps, scopes
from chalicelib.shops.repository import installations
from chalicelib.shops.schemas.merchant import InstallationRead, ShopRead
from chalicelib.shops.service.callers import Merchant


def read_shop(merchant: Merchant) -> ShopRead:
    """The shop as the app knows it."""
    row = merchant.installation
    columns = {name: getattr(row, name) for name in ShopRead.model_fields if name != "missing_scopes"}
    return ShopRead(**columns, missing_scopes=scopes.missing(apps.get(row.app).scopes, row.scope))


def list_installations(merchant: Merchant, page: PageRequest) -> Slice[InstallationRead]:
    """When the app came and went, newest first."""
    return installations.list_events(merchant.shop, merchant.app, page).map(InstallationRead.of)
