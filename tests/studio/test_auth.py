"""Another app of the same shop is another tenant."""

from __future__ import annotations

from tests.studio.conftest import CUSTOMER, Gallery


def test_another_app_s_session_token_opens_nothing(gallery: Gallery) -> None:
    token = gallery.shopify.session_token("discounts", gallery.shop)
    answer = gallery.api.get("/v1/studio/products", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "WrongApp")


def test_another_app_s_proxy_opens_nothing(gallery: Gallery) -> None:
    url = gallery.shopify.proxy_url("discounts", gallery.shop, "uploads", customer_id=CUSTOMER)
    answer = gallery.api.post(url.replace("/proxy/discounts/", "/proxy/studio/"), json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "WrongApp")
