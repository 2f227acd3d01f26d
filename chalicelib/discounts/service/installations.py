"""Steps after the app is installed in a shop or removed. Add new steps here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.discounts.models import APP
from chalicelib.discounts.repository import discounts, shop_days
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.discounts.service import due_shops, store_groups, web_pixel
from chalicelib.kit import messages
from chalicelib.kit.steps import run_all
from chalicelib.shops.schemas.messages import ShopInstalled, ShopUninstalled
from chalicelib.shops.service import is_reinstalled_since


def apply_installation(message: ShopInstalled | ShopUninstalled) -> None:
    """Run each step for a shop; a failure stops no other. Other apps are ignored.

    A removal before a reinstall ends only the membership in a group of stores, unless the store joined it afterwards.
    """
    if message.app != APP:
        return
    if isinstance(message, ShopInstalled):
        run_all(*(partial(step, message.shop) for step in INSTALL_STEPS))
        return
    is_reinstalled = is_reinstalled_since(message.shop, APP, message.uninstalled_at)
    end_membership = partial(store_groups.end_membership, before=message.uninstalled_at)
    steps: tuple[Callable[[str], object], ...] = (end_membership, *(() if is_reinstalled else UNINSTALL_STEPS))
    run_all(*(partial(step, message.shop) for step in steps))


def publish_all(shop: str) -> None:
    """Publish every live discount: Shopify deletes the discounts of a removed app."""
    rows = discounts.iterate_live(shop)
    messages.publish_many(DiscountChanged(shop=shop, app=APP, discount_id=row.discount_id) for row in rows)


INSTALL_STEPS: tuple[Callable[[str], object], ...] = (
    due_shops.expect_close,
    web_pixel.activate_pixel,
    publish_all,
)
"""Steps after an installation. Each may be repeated."""
UNINSTALL_STEPS: tuple[Callable[[str], object], ...] = (shop_days.clear_due,)
"""Steps after a removal. Each may be repeated."""
