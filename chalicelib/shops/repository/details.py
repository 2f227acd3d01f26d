"""What Shopify says of a shop and of the app's rights there; the newest word stands, whatever comes late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.attributes import DateTimeAttribute
from chalicelib.kit.tables import Transaction
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import Shop
from chalicelib.shops.repository.conditions import ACTIVE, Overtaken


def save_details(shop: str, app: str, details: dict[str, Any], told_at: datetime) -> bool:
    """Write what Shopify says of the shop at `told_at`; its keys are columns. False where newer ones are there.

    Raises ShopNotInstalled.
    """
    return _save_fact(shop, app, Shop.details_triggered_at, told_at, details)


def save_scope(shop: str, app: str, scope: str, told_at: datetime) -> bool:
    """Write the access scopes (separated by commas) that the app has at `told_at`. As `save_details`."""
    return _save_fact(shop, app, Shop.scope_triggered_at, told_at, {"scope": scope})


def _save_fact(shop: str, app: str, told: DateTimeAttribute, told_at: datetime, columns: dict[str, Any]) -> bool:
    actions = [getattr(Shop, name).set(value) for name, value in columns.items() if value is not None]
    actions += [told.set(told_at), Shop.updated_at.set(clock.now())]
    is_newer = told.does_not_exist() | (told <= told_at)
    try:
        with Transaction() as transaction:
            transaction.update(Shop(shop, app), actions, condition=ACTIVE & is_newer, otherwise=Overtaken())
    except Overtaken as overtaken:
        row = overtaken.existing
        if row is None or not row.is_active:
            raise ShopNotInstalled from overtaken
        return False
    return True
