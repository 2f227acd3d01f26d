"""The Admin API: access, query results, query costs and webhook subscriptions."""

from collections.abc import Iterator

import pytest

from infra.sandbox.shopify import App, ShopifySandbox
from tests.infra.sandbox.conftest import CREATE, SHOP, Admin

LIST = "{ webhookSubscriptions(first: 50) { nodes { id topic uri } pageInfo { hasNextPage endCursor } } }"


@pytest.fixture
def low_limit_sandbox(clock) -> Iterator[ShopifySandbox]:
    with ShopifySandbox(clock=clock, bucket_size=10, restore_rate=2) as sandbox:
        yield sandbox


def test_a_query_returns_shop_details_and_cost(admin, shopify):
    shopify.set_shop(SHOP, currency="EUR", iana_timezone="Europe/Berlin", plan_display_name="Plus")
    plan = "plan { publicDisplayName shopifyPlus partnerDevelopment }"
    query = f"{{ shop {{ name email currencyCode ianaTimezone myshopifyDomain {plan} }} }}"
    response = admin.call(query)
    assert response["data"]["shop"] == {
        "name": "Sunny",
        "email": "owner@sunny.example",
        "currencyCode": "EUR",
        "ianaTimezone": "Europe/Berlin",
        "myshopifyDomain": SHOP,
        "plan": {"publicDisplayName": "Plus", "shopifyPlus": True, "partnerDevelopment": False},
    }
    cost = response["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 2
    assert cost["throttleStatus"] == {"maximumAvailable": 2000.0, "currentlyAvailable": 1998, "restoreRate": 100.0}


@pytest.mark.parametrize("token", ["", "shpat_nonsense"])
def test_a_call_without_a_valid_token_is_401(admin, http, token):
    response = http.post(admin.url, json={"query": "{ shop { name } }"}, headers={"X-Shopify-Access-Token": token})
    assert response.status_code == 401
    assert response.json()["errors"].startswith("[API] Invalid API key or access token")


def test_a_token_is_valid_for_one_shop(admin, http):
    other = admin.url.replace(SHOP, "other.myshopify.com")
    response = http.post(other, json={"query": "{ shop { name } }"}, headers={"X-Shopify-Access-Token": admin.token})
    assert response.status_code == 401


def test_a_body_without_query_is_400(admin, http):
    response = http.post(admin.url, json={"nothing": 1}, headers={"X-Shopify-Access-Token": admin.token})
    assert response.status_code == 400


@pytest.mark.parametrize("query", ["{ shop { flavour } }", "{ shop {", "mutation { webhookSubscriptionCreate { id } }"])
def test_an_unknown_field_is_an_error_without_data(admin, query):
    response = admin.call(query)
    assert response["errors"][0]["message"]
    assert response.get("data") is None


def test_a_subscription_is_registered_listed_and_deleted(admin, shopify):
    uri = "http://127.0.0.1:8000/webhooks/shopify/studio"
    subscription = admin.call(CREATE, topic="ORDERS_PAID", input={"uri": uri})["data"]["webhookSubscriptionCreate"]
    assert subscription["userErrors"] == []
    assert admin.call(LIST)["data"]["webhookSubscriptions"]["nodes"] == [subscription["webhookSubscription"]]
    assert [row["uri"] for row in shopify.webhook_subscriptions("studio", SHOP)] == [uri]

    duplicate = admin.call(CREATE, topic="ORDERS_PAID", input={"uri": uri})["data"]["webhookSubscriptionCreate"]
    assert duplicate["userErrors"][0]["message"] == "Address for this topic has already been taken"

    fields = "{ deletedWebhookSubscriptionId userErrors { message } }"
    delete = f"mutation ($id: ID!) {{ webhookSubscriptionDelete(id: $id) {fields} }}"
    id_ = subscription["webhookSubscription"]["id"]
    assert admin.call(delete, id=id_)["data"]["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == id_
    assert admin.call(delete, id=id_)["data"]["webhookSubscriptionDelete"]["userErrors"]
    assert admin.call(LIST)["data"]["webhookSubscriptions"]["nodes"] == []


def test_an_app_sees_only_its_own_subscriptions(admin, shopify, http):
    admin.call(CREATE, topic="ORDERS_PAID", input={"uri": "https://app.example/hook"})
    assert Admin(shopify, http, "discounts").call(LIST)["data"]["webhookSubscriptions"]["nodes"] == []


@pytest.mark.parametrize("uri", ["", "ftp://x.example/y", "http://x.example/y", "no-address"])
def test_an_invalid_webhook_address_is_refused(admin, uri):
    subscription = admin.call(CREATE, topic="ORDERS_PAID", input={"uri": uri})["data"]["webhookSubscriptionCreate"]
    assert subscription["webhookSubscription"] is None
    assert subscription["userErrors"][0] == {"field": ["webhookSubscription", "uri"], "message": "Address is invalid"}


def test_privacy_topics_cannot_be_registered_by_api(admin):
    assert "errors" in admin.call(CREATE, topic="CUSTOMERS_REDACT", input={"uri": "https://app.example/hook"})


def test_pages_of_subscriptions_follow_the_cursor(admin):
    for number in range(3):
        admin.call(CREATE, topic="ORDERS_PAID", input={"uri": f"https://app.example/{number}"})
    page = "{ nodes { uri } pageInfo { hasNextPage endCursor } }"
    query = f"query ($after: String) {{ webhookSubscriptions(first: 2, after: $after) {page} }}"
    first = admin.call(query)["data"]["webhookSubscriptions"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (2, True)
    rest = admin.call(query, after=first["pageInfo"]["endCursor"])["data"]["webhookSubscriptions"]
    assert [node["uri"] for node in rest["nodes"]] == ["https://app.example/2"]
    assert rest["pageInfo"]["hasNextPage"] is False


def test_an_order_can_be_read_back(admin, shopify):
    line = {"variant_id": 11, "product_id": "gid://shopify/Product/7", "quantity": 2, "price": "19.50"}
    order = shopify.paid_order(SHOP, [{**line, "properties": {"_generation": "g1"}}], customer_id=5)
    query = """query ($id: ID!) { order(id: $id) { name displayFinancialStatus customer { id }
      totalPriceSet { shopMoney { amount currencyCode } }
      lineItems(first: 5) { nodes { quantity variant { id } product { id } customAttributes { key value } } } } }"""
    result = admin.call(query, id=order["admin_graphql_api_id"])["data"]["order"]
    assert result["displayFinancialStatus"] == "PAID"
    assert result["customer"] == {"id": "gid://shopify/Customer/5"}
    assert result["totalPriceSet"]["shopMoney"] == {"amount": "39.00", "currencyCode": "USD"}
    assert result["lineItems"]["nodes"] == [
        {
            "quantity": 2,
            "variant": {"id": "gid://shopify/ProductVariant/11"},
            "product": {"id": "gid://shopify/Product/7"},
            "customAttributes": [{"key": "_generation", "value": "g1"}],
        }
    ]
    assert admin.call(query, id="gid://shopify/Order/1")["data"]["order"] is None


def test_an_order_of_another_shop_is_not_found(admin, shopify):
    order = shopify.paid_order("other.myshopify.com", [{"variant_id": 1, "product_id": 1}])
    assert (
        admin.call("query ($id: ID!) { order(id: $id) { id } }", id=order["admin_graphql_api_id"])["data"]["order"]
        is None
    )


def test_orders_need_their_scope(clock, http):
    narrow = {"studio": App("studio", "key", "secret-that-is-long-enough-for-hs256", ("read_products",))}
    with ShopifySandbox(apps=narrow, clock=clock) as sandbox:
        response = Admin(sandbox, http).call('{ order(id: "gid://shopify/Order/1") { id } }')
    assert response["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_an_empty_bucket_throttles_until_it_has_refilled(low_limit_sandbox, http, clock):
    admin, query = Admin(low_limit_sandbox, http), "{ shop { plan { shopifyPlus } } }"
    for _ in range(5):
        assert "data" in admin.call(query)
    response = admin.call(query)
    assert response["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in response
    assert response["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    clock.now += 1
    assert "data" in admin.call(query)


def test_a_query_over_the_cost_limit_is_refused(admin):
    line = "{ product { id } variant { id } customAttributes { key } }"
    query = f'{{ order(id: "gid://shopify/Order/1") {{ lineItems(first: 250) {{ nodes {line} }} }} }}'
    assert admin.call(query)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_an_app_reads_its_own_scopes(admin, shopify):
    query = "{ currentAppInstallation { id accessScopes { handle } } }"
    installation = admin.call(query)["data"]["currentAppInstallation"]
    assert installation["id"].startswith("gid://shopify/AppInstallation/")
    assert installation["accessScopes"] == [
        {"handle": "read_products"},
        {"handle": "read_orders"},
        {"handle": "read_customers"},
    ]
    shopify.update_scopes("studio", SHOP, ["read_products"])
    assert admin.call(query)["data"]["currentAppInstallation"]["accessScopes"] == [{"handle": "read_products"}]


@pytest.mark.parametrize(
    ("selection", "cost"),
    [
        ("orders(first: 20) { nodes { id } pageInfo { hasNextPage } }", 22),
        ("orders(first: 20) { edges { cursor node { id } } }", 22),
        ("orders(first: 5) { nodes { customer { id } lineItems(first: 3) { nodes { variant { id } } } } }", 52),
    ],
)
def test_a_connection_costs_two_and_its_page(admin, selection, cost):
    response = admin.call(f"{{ {selection} }}")
    assert response["extensions"]["cost"]["requestedQueryCost"] == cost


def test_a_drained_bucket_stays_empty_for_the_given_time(admin, shopify, clock):
    query = "{ shop { name } }"
    shopify.drain_bucket("studio", SHOP)
    assert admin.call(query)["errors"][0]["extensions"]["code"] == "THROTTLED"
    clock.now += 0.5
    assert admin.call(query)["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 49

    shopify.drain_bucket("studio", SHOP, hold_seconds=10)
    clock.now += 10
    assert admin.call(query)["errors"][0]["extensions"]["code"] == "THROTTLED"
    shopify.refill_bucket("studio", SHOP)
    assert admin.call(query)["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 1999


def test_one_drained_bucket_leaves_the_others(admin, shopify):
    shopify.drain_bucket("discounts", SHOP)
    shopify.drain_bucket("studio", "other.myshopify.com")
    assert "data" in admin.call("{ shop { name } }")


def test_the_next_calls_fail_on_demand(admin, shopify):
    shopify.fail_next(1)
    assert admin.post("{ shop { name } }").status_code == 503
    shopify.fail_next(2, status=429, retry_after=2)
    response = [admin.post("{ shop { name } }") for _ in range(2)]
    assert [(http_response.status_code, http_response.headers["retry-after"]) for http_response in response] == [
        (429, "2.0")
    ] * 2
    assert "data" in admin.call("{ shop { name } }")
    shopify.fail_next(5)
    shopify.fail_next(0)
    assert "data" in admin.call("{ shop { name } }")


def test_a_frozen_shop_refuses_calls_until_it_is_unfrozen(shopify, http, admin):
    for status in (402, 423, 404):
        http.post(f"{shopify.url}/sandbox/freeze", json={"shop": SHOP, "status": status})
        assert admin.post("{ shop { name } }").status_code == status
    http.post(f"{shopify.url}/sandbox/freeze", json={"shop": SHOP, "status": None})
    assert admin.call("{ shop { id } }")["data"]["shop"]["id"]


def test_a_topic_can_be_refused_in_one_shop(shopify, http, admin):
    body = {"app": "studio", "topics": ["orders/paid"], "shop": SHOP}
    http.post(f"{shopify.url}/sandbox/refused-topics", json=body)
    subscription = {"topic": "ORDERS_PAID", "input": {"uri": "https://app.example/hooks", "format": "JSON"}}
    [error] = admin.call(CREATE, **subscription)["data"]["webhookSubscriptionCreate"]["userErrors"]
    assert (error["field"], "not approved" in error["message"]) == (["webhookSubscription"], True)
    shopify.refuse_topics("studio", [], SHOP)
    assert admin.call(CREATE, **subscription)["data"]["webhookSubscriptionCreate"]["userErrors"] == []
