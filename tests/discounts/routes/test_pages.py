"""The merchant's pages in the admin, and their link on the front door."""

from __future__ import annotations

import httpx2

from tests.discounts.merchants import DiscountShop


def test_the_front_door_leads_to_the_app_in_the_admin(discount_shop: DiscountShop) -> None:
    link = f"{discount_shop.shopify.url}/{discount_shop.shop}/admin/apps/discounts"
    front_door = discount_shop.api.get("/").text
    assert f'href="{link}"' in front_door
    assert f"Discounts of {discount_shop.shop}" in front_door
    assert httpx2.get(link).status_code == 200
