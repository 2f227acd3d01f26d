"""Renames of myshopify domains in the Shopify sandbox."""

from __future__ import annotations

import httpx2
import pytest

from infra.sandbox.shopify import ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

NEW = "sunnier.myshopify.com"
QUERY = "{ shop { id myshopifyDomain } }"


def test_token_opens_the_renamed_shop_at_both_domains(shopify, admin, http):
    first = admin.call(QUERY)["data"]["shop"]
    payload = shopify.rename_shop(SHOP, NEW)
    assert f"gid://shopify/Shop/{payload['id']}" == first["id"]
    assert payload["myshopify_domain"] == NEW
    for domain in (SHOP, NEW):
        response = http.post(
            f"{shopify.url}/{domain}/admin/api/2026-10/graphql.json",
            json={"query": QUERY},
            headers={"X-Shopify-Access-Token": admin.token},
        )
        assert response.json()["data"]["shop"] == {"id": first["id"], "myshopifyDomain": NEW}


def test_orders_and_subscriptions_move_with_the_shop(shopify, admin):
    order = shopify.paid_order(SHOP, [{"variant_id": 1, "product_id": 2}])
    create = (
        "mutation { webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: "
        '"https://example.com/hook", format: JSON}) { webhookSubscription { id } } }'
    )
    admin.call(create)
    shopify.rename_shop(SHOP, NEW)
    assert [each["id"] for each in shopify.list_orders(NEW)] == [order["id"]]
    assert shopify.list_orders(SHOP) == []
    assert [row["topic"] for row in shopify.webhook_subscriptions("studio", NEW)] == ["ORDERS_PAID"]


def test_pages_of_the_earlier_domain_lead_to_the_new_one(shopify, http):
    shopify.rename_shop(SHOP, NEW)
    response = http.get(f"{shopify.url}/{SHOP}/products/7?variant=1")
    assert (response.status_code, response.headers["location"]) == (302, f"/{NEW}/products/7?variant=1")


def test_a_shop_returns_to_its_earlier_domain(shopify, admin):
    identity = admin.call(QUERY)["data"]["shop"]
    shopify.rename_shop(SHOP, NEW)
    shopify.rename_shop(NEW, SHOP)
    assert admin.call(QUERY)["data"]["shop"] == identity


def test_a_domain_that_another_shop_has_is_refused(shopify: ShopifySandbox, admin: Admin):
    admin.call(QUERY)
    shopify.update_shop(NEW)
    for domain in (NEW, SHOP, "no domain"):
        with pytest.raises(ValueError, match="cannot have the domain"):
            shopify.rename_shop(SHOP, domain)


def test_a_domain_that_is_taken_belongs_to_a_shop_with_another_id(shopify, admin, http):
    identity = admin.call(QUERY)["data"]["shop"]
    shopify.rename_shop(SHOP, NEW)
    shopify.take_domain(SHOP)
    assert admin.post(QUERY).status_code == 401, "the token belongs to the shop that left"
    taker = Admin(shopify, http).call(QUERY)["data"]["shop"]
    assert taker["myshopifyDomain"] == SHOP
    assert taker["id"] != identity["id"]


def test_rename_over_the_control_api(shopify, http: httpx2.Client):
    response = http.post(f"{shopify.url}/sandbox/rename", json={"shop": SHOP, "domain": NEW})
    assert response.json()["payload"]["myshopify_domain"] == NEW
    assert http.post(f"{shopify.url}/sandbox/rename", json={"shop": NEW, "domain": "x"}).status_code == 400
