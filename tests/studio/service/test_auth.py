"""Another app of the same shop is another tenant."""

from __future__ import annotations

from tests.studio.conftest import CUSTOMER, Gallery


def test_a_session_token_of_another_app_is_refused(gallery: Gallery) -> None:
    token = gallery.shopify.session_token("discounts", gallery.shop)
    response = gallery.api.get("/v1/studio/products", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (403, "WrongApp")


def test_a_proxy_query_of_another_app_is_refused(gallery: Gallery) -> None:
    url = gallery.shopify.proxy_url("discounts", gallery.shop, "uploads", customer_id=CUSTOMER)
    response = gallery.api.post(url.replace("/proxy/discounts/", "/proxy/studio/"), json={})
    assert (response.status_code, response.json()["code"]) == (403, "WrongApp")
