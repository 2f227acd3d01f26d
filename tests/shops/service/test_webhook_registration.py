"""Registration of webhooks after an installation, and its reconciliation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify.admin_api import graphql
from chalicelib.integrations.shopify.errors import ShopifyThrottled
from chalicelib.kit import auth, clock, config
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.locks import Lease
from chalicelib.shops import apps, service
from chalicelib.shops.models import EventType, InstallationLog, Shop
from chalicelib.shops.schemas.messages import BackfillRequested, RegistrationRequested
from chalicelib.shops.service import backfill, throttling, webhook_registration
from chalicelib.shops.service.webhook_subscriptions import SubscriptionRefused
from infra.sandbox.shopify import ShopifySandbox
from tests.integrations.canned_server import canned_server
from tests.shops.conftest import forget_messages, message_counts

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

REMOVE = """
mutation Remove($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId } }"""
PRODUCT_TOPICS = ("PRODUCTS_UPDATE", "PRODUCTS_DELETE")
SHOP = {"name": "n", "email": "e@x.example", "currencyCode": "EUR", "ianaTimezone": "Europe/Rome"}


def register(shop: str, **fields: Any) -> None:
    webhook_registration.register_webhooks(RegistrationRequested(shop=shop, app="studio", **fields))


def refusal_body(message: str, field: str = "uri") -> bytes:
    """Return a response to both calls that refuses the subscription with `message`."""
    data = {
        "shop": SHOP | {"plan": {"publicDisplayName": "Plus"}},
        "currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}, {"handle": "read_files"}]},
        "webhookSubscriptions": {"nodes": []},
        "webhookSubscriptionCreate": {"userErrors": [{"field": ["webhookSubscription", field], "message": message}]},
    }
    return json.dumps({"data": data}).encode()


def test_every_topic_is_subscribed_to_once(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> None:
    assert drain() == []
    register(installed_shop)
    present = shopify.webhook_subscriptions("studio", installed_shop)
    expected = {topic.replace("/", "_").upper() for topic in apps.get_app("studio").topics}
    assert sorted(each["topic"] for each in present) == sorted(expected)
    assert {each["uri"] for each in present} == {f"{config.settings().public_url}/webhooks/shopify/studio"}


def test_deleted_subscriptions_are_recreated(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> None:
    assert drain() == []
    before = {each["topic"]: each["id"] for each in shopify.webhook_subscriptions("studio", installed_shop)}
    graphql(installed_shop, service.get_access_token(installed_shop, "studio"), REMOVE, id=before["ORDERS_PAID"])
    register(installed_shop)
    now = {each["topic"]: each["id"] for each in shopify.webhook_subscriptions("studio", installed_shop)}
    assert now.keys() == before.keys()
    assert {topic for topic in now if now[topic] != before[topic]} == {"ORDERS_PAID"}


def test_subscriptions_with_an_old_address_are_deleted(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a change of our domain; subscriptions to foreign addresses are kept."""
    assert drain() == []
    elsewhere = "mutation { webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: $uri}) { userErrors { message } } }"
    elsewhere = elsewhere.replace("$uri", '"https://warehouse.example/hooks"')
    graphql(installed_shop, service.get_access_token(installed_shop, "studio"), elsewhere)
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    config.forget_settings()
    register(installed_shop)
    monkeypatch.undo()
    config.forget_settings()
    uris = [each["uri"] for each in shopify.webhook_subscriptions("studio", installed_shop)]
    assert set(uris) == {"https://api.example.com/webhooks/shopify/studio", "https://warehouse.example/hooks"}
    assert uris.count("https://warehouse.example/hooks") == 1


def test_an_installation_is_published_once(installed_shop: str, drain: Drain, listen: Listen) -> None:
    read_messages = listen("shops-shop_installed")
    assert drain() == []
    register(installed_shop)
    [message] = read_messages()
    assert (message["shop"], message["app"], message["event"]) == (installed_shop, "studio", "install")
    assert Shop.get(installed_shop, "studio").registered_at


def test_details_and_scopes_are_stored(installed_shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with canned_server() as shopify:
        shopify.body = refusal_body("Address for this topic has already been taken")
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", shopify.url)
        register(installed_shop)
    row = Shop.get(installed_shop, "studio")
    assert (row.iana_timezone, row.currency, row.plan_name) == ("Europe/Rome", "EUR", "Plus")
    assert row.scope == "read_files,read_orders"


ORDER_TOPICS = ["orders/cancelled", "orders/edited", "orders/paid"]


def test_a_refused_topic_blocks_no_other_step(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    installed_shop: str,
    drain: Drain,
    bearer: Callable[..., dict[str, str]],
) -> None:
    """Without access to protected customer data, there is no dead letter, and the APIs list the refused topics."""
    shopify.refuse_topics("studio", ORDER_TOPICS, installed_shop)
    shopify.update_shop(installed_shop, name="Another Name")
    assert drain() == []
    present = {each["topic"] for each in shopify.webhook_subscriptions("studio", installed_shop)}
    assert present == {"APP_UNINSTALLED", "APP_SCOPES_UPDATE", "SHOP_UPDATE", "REFUNDS_CREATE", *PRODUCT_TOPICS}
    row = Shop.get(installed_shop, "studio")
    assert row.registered_at
    assert row.shop_name == "Another Name"
    read = api.get("/v1/shops/me", headers=bearer(installed_shop)).json()["refused_topics"]
    assert [each["topic"] for each in read] == ORDER_TOPICS
    assert "not approved" in read[0]["reason"]
    headers = {"Authorization": f"Bearer {auth.mint(auth.Role.OPERATOR, 'ann')}"}
    shops = api.get("/v1/operator/shops", params={"app": "studio"}, headers=headers).json()["items"]
    [shop] = [each for each in shops if each["shop"] == installed_shop]
    assert shop["refused_topics"] == ",".join(ORDER_TOPICS)


def test_a_granted_topic_is_subscribed_to_and_backfilled(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reconciliation requests refused topics again; only a grant starts a backfill."""
    monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)
    shopify.refuse_topics("studio", ORDER_TOPICS, installed_shop)
    assert drain() == []
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(installed_shop, [{"variant_id": 11, "product_id": 22}])
    first = Shop.get(installed_shop, "studio").refused_topics
    register(installed_shop)
    assert drain() == []
    assert read_messages() == []
    assert Shop.get(installed_shop, "studio").refused_topics == first
    shopify.refuse_topics("studio", [], installed_shop)
    register(installed_shop)
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
    assert Shop.get(installed_shop, "studio").refused_topics is None


def test_topics_without_their_scope_are_refused_and_not_backfilled(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    """A backfill of orders without `read_orders` is no dead letter either."""
    shopify.update_scopes("studio", installed_shop, ["read_products"])
    assert drain() == []
    assert sorted(Shop.get(installed_shop, "studio").refused_topics) == [*ORDER_TOPICS, "refunds/create"]
    since = clock.now() - timedelta(hours=1)
    backfill.backfill_events(BackfillRequested(shop=installed_shop, app="studio", kind="orders", since=since))


@pytest.mark.parametrize("field", ["uri", "callbackUrl"])
def test_a_refused_address_fails_the_message_after_the_other_steps(
    installed_shop: str, monkeypatch: pytest.MonkeyPatch, drain: Drain, field: str
) -> None:
    """The URL is the same for all topics, and an operator must correct it."""
    with canned_server() as shopify:
        shopify.body = refusal_body("Address is not allowed", field)
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", shopify.url)
        with pytest.raises(SubscriptionRefused, match=r"app/scopes_update: .*allowed.*shop/update: .*allowed"):
            register(installed_shop)
        assert len(drain()) == 1
    row = Shop.get(installed_shop, "studio")
    assert row.registered_at is None
    assert (row.currency, row.scope) == ("EUR", "read_files,read_orders")


def test_a_call_that_fails_for_one_topic_keeps_no_refusal_back(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    """The refused topics are noted, and the message fails: a retry subscribes to the topic that failed."""
    shopify.refuse_topics("studio", ORDER_TOPICS, installed_shop)
    forget_messages("shops-register_webhooks")
    shopify.operation_faults.fail_next(1, 400, "webhookSubscriptionCreate")
    with pytest.raises(SubscriptionRefused, match="app/scopes_update"):
        register(installed_shop)
    row = Shop.get(installed_shop, "studio")
    assert sorted(row.refused_topics) == ORDER_TOPICS
    assert row.registered_at is None
    register(installed_shop)
    row = Shop.get(installed_shop, "studio")
    assert sorted(row.refused_topics) == ORDER_TOPICS
    assert row.registered_at


def test_changed_scopes_that_a_registration_finds_are_in_the_history(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    """The webhook about them arrives later, and makes no second entry."""
    assert drain() == []
    payload, happened_at = shopify.update_scopes("studio", installed_shop, ["read_products"]), clock.now()
    register(installed_shop)
    shopify.deliver("studio", installed_shop, "app/scopes_update", payload, triggered_at=happened_at)
    assert drain() == []
    assert Shop.get(installed_shop, "studio").scope == "read_products"
    events = [row.event_type for row in InstallationLog.query(installed_shop)]
    assert events == [EventType.INSTALL, EventType.SCOPES_UPDATE]


def test_a_throttled_registration_is_postponed(shopify: ShopifySandbox, installed_shop: str) -> None:
    """The message is delayed as Shopify requests, up to the limit of attempts."""
    forget_messages("shops-register_webhooks")
    request = RegistrationRequested(shop=installed_shop, app="studio")
    shopify.fail_next(6, status=429, retry_after=900.0)  # two runs of three steps
    throttling.run_or_postpone(webhook_registration.register_webhooks, request)
    assert message_counts("shops-register_webhooks") == (0, 1)
    assert shopify.webhook_subscriptions("studio", installed_shop) == []
    with pytest.raises(ShopifyThrottled):
        throttling.run_or_postpone(
            webhook_registration.register_webhooks, request.model_copy(update={"attempt": throttling.ATTEMPTS})
        )


def test_a_call_waits_for_its_missing_cost_points(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> None:
    shopify.drain_bucket("studio", installed_shop)
    assert drain() == []
    assert len(shopify.webhook_subscriptions("studio", installed_shop)) == len(apps.get_app("studio").topics)


def test_every_installation_is_reconciled(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    """The schedule repairs a crash between the installation and its message."""
    read_messages = listen("shops-shop_installed")
    forget_messages("shops-register_webhooks")
    now = clock.now()
    webhook_registration.reconcile_installations(
        ScheduledRun(now, None, Lease("schedule/shops-reconcile_installations", "holder", 1, None))
    )
    assert drain() == []
    assert [message["shop"] for message in read_messages()] == [installed_shop]
    assert shopify.webhook_subscriptions("studio", installed_shop)
    assert Shop.get(installed_shop, "studio").registered_at >= now - timedelta(seconds=1)
