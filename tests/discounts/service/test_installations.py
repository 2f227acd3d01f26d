"""What follows the installation and the removal of the app."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.discounts.models import UsageJournal
from chalicelib.discounts.service import installations
from chalicelib.kit import clock
from chalicelib.shops.schemas.messages import ShopInstalled, ShopUninstalled
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.merchants import DiscountShop


def due_in(shop: DiscountShop) -> str | None:
    return UsageJournal.get(shop.shop, consistent_read=True).due_in


def test_an_installation_makes_the_shop_due_for_30_days(discount_shop: DiscountShop) -> None:
    head = UsageJournal.get(discount_shop.shop)
    assert head.due_in is not None
    assert head.active_until is not None
    assert timedelta(days=29) < head.active_until - clock.now() < timedelta(days=31)


def test_a_removal_ends_the_closes_until_the_app_is_installed_again(
    discount_shop: DiscountShop, shopify: ShopifySandbox
) -> None:
    removed_at = clock.now()
    shopify.uninstall("discounts", discount_shop.shop)
    assert discount_shop.drain() == []
    assert due_in(discount_shop) is None
    discount_shop.install()
    assert due_in(discount_shop) is not None
    late = ShopUninstalled(shop=discount_shop.shop, app="discounts", uninstalled_at=removed_at)
    installations.apply_installation(late)
    assert due_in(discount_shop) is not None


def test_other_apps_are_ignored(discount_shop: DiscountShop) -> None:
    before = due_in(discount_shop)
    message = ShopUninstalled(shop=discount_shop.shop, app="studio", uninstalled_at=clock.now())
    installations.apply_installation(message)
    assert due_in(discount_shop) == before


def test_a_failing_step_ends_no_other(discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []

    def fail(shop: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(installations, "INSTALL_STEPS", (fail, run.append))
    with pytest.raises(RuntimeError):
        installations.apply_installation(ShopInstalled(shop=discount_shop.shop, app="discounts", event="install"))
    assert run == [discount_shop.shop]
