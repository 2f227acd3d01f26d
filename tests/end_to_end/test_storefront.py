"""The storefront: calls through the app proxy, the cart, the payment."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.kit.models import Attempt
from infra.sandbox.shopify import ShopifySandbox
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery"]

LINE = {"id": 4101, "quantity": 2, "properties": {"_generation": "x"}}


def test_the_app_proxy_signs_calls_and_strips_cookies(gallery: Gallery) -> None:
    url = f"{gallery.shopify.url}/{gallery.shop}/apps/studio/products/8001"
    response = httpx2.get(url, cookies={"secret": "1"})
    assert response.json()["product_id"] == gallery.product
    start_response = httpx2.post(f"{gallery.shopify.url}/{gallery.shop}/apps/studio/uploads", json={})
    assert start_response.status_code == 201
    assert start_response.json()["token"]  # a guest's
    purposes = {row.key.rpartition("/")[0] for row in Attempt.scan()}
    groups = ("guest_address", "all_guests")  # the proxy adds the guest's address
    assert purposes == {f"studio/{group}/uploads/{window}" for group in groups for window in ("day", "burst")}


def test_paying_the_cart_delivers_one_paid_order(gallery: Gallery) -> None:
    shopify: ShopifySandbox = gallery.shopify
    cart = f"{shopify.url}/{gallery.shop}/cart"
    assert httpx2.post(f"{cart}/add.js", json={"items": [LINE]}).status_code == 200
    assert httpx2.post(f"{cart}/add.js", json={"items": [{"id": 0}]}).status_code == 422
    assert "2 x <bdi>variant 4101" in httpx2.get(cart).text
    payment_response = httpx2.post(f"{shopify.url}/{gallery.shop}/cart/pay")
    assert "is paid" in payment_response.text
    assert shopify.storefront.lines(gallery.shop) == []
    delivered = [row for row in shopify.deliveries() if row["topic"] == "orders/paid"]
    assert any('"_generation"' in row["body"] and gallery.shop in str(row["headers"]) for row in delivered)
    assert httpx2.post(f"{shopify.url}/{gallery.shop}/cart/pay").status_code == 303


def test_the_product_page_links_to_the_app(gallery: Gallery) -> None:
    page = httpx2.get(f"{gallery.shopify.url}/{gallery.shop}/products/8001").text
    assert f"/{gallery.shop}/apps/studio/products/8001/page" in page


def test_the_shop_lists_its_products_and_a_variant_is_bought_without_a_photo(gallery: Gallery) -> None:
    shop = f"{gallery.shopify.url}/{gallery.shop}"
    products = gallery.shopify.list_products(gallery.shop)
    home = httpx2.get(shop).text
    for product in products:
        assert product["title"] in home
        page = httpx2.get(f"{shop}/products/{product['id']}").text
        assert all(variant["title"] in page and variant["price"] in page for variant in product["variants"])
    variant = products[0]["variants"][0]
    response = httpx2.post(f"{shop}/cart/add", data={"id": variant["id"], "quantity": 2}, follow_redirects=True)
    total = f"${2 * float(variant['price']):.2f}"
    assert f"2 x <bdi>{products[0]['title']}, {variant['title']}</bdi>" in response.text
    assert total in response.text
    assert total in httpx2.post(f"{shop}/cart/pay").text


@pytest.mark.parametrize("form", [{"id": "x"}, {"id": "0"}, {"id": "41001", "quantity": "0"}, {}], ids=str)
def test_the_cart_refuses_other_variants_and_quantities(gallery: Gallery, form: dict[str, str]) -> None:
    assert httpx2.post(f"{gallery.shopify.url}/{gallery.shop}/cart/add", data=form).status_code == 422


def test_the_sandbox_serves_no_other_shop_and_no_unknown_product(gallery: Gallery) -> None:
    assert httpx2.get(f"{gallery.shopify.url}/favicon.ico").status_code == 404
    assert httpx2.get(f"{gallery.shopify.url}/{gallery.shop}/products/1").status_code == 404
