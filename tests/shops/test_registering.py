"""What follows an installation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.integrations.shopify import graphql
from chalicelib.kit import config
from chalicelib.shops import service
from chalicelib.shops.models import Shop
from chalicelib.shops.service.registering import SubscriptionRefused
from infra.sandbox.shopify import ShopifySandbox
from tests.integrations.answering import answering

Drain = Callable[[], list[dict[str, Any]]]

REMOVE = """
mutation Remove($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId } }"""
SHOP = {"name": "n", "email": "e@x.example", "currencyCode": "EUR", "ianaTimezone": "Europe/Rome"}


def answer_with(message: str) -> bytes:
    """What Shopify would say to both calls, refusing the subscription with `message`."""
    data = {
        "shop": SHOP | {"plan": {"publicDisplayName": "Plus"}},
        "webhookSubscriptions": {"nodes": []},
        "webhookSubscriptionCreate": {"userErrors": [{"field": ["topic"], "message": message}]},
    }
    return json.dumps({"data": data}).encode()


def test_what_was_removed_is_subscribed_again(shopify: ShopifySandbox, installed: str, drain: Drain) -> None:
    assert drain() == []
    present = {each["topic"]: each for each in shopify.webhook_subscriptions("studio", installed)}
    assert set(present) == {"APP_UNINSTALLED", "ORDERS_PAID"}
    assert {each["uri"] for each in present.values()} == {f"{config.settings().public_url}/webhooks/shopify/studio"}
    graphql(installed, service.access_token(installed, "studio"), REMOVE, id=present["ORDERS_PAID"]["id"])
    service.register(installed, "studio")
    now = {each["topic"]: each["id"] for each in shopify.webhook_subscriptions("studio", installed)}
    assert set(now) == set(present)
    assert now["APP_UNINSTALLED"] == present["APP_UNINSTALLED"]["id"]


def test_a_refusal_fails_the_message(installed: str, monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    with answering() as shopify:
        shopify.body = answer_with("You do not have permission to subscribe to this topic.")
        monkeypatch.setitem(config.settings().peers, "shopify", shopify.url)
        with pytest.raises(SubscriptionRefused, match=r"APP_UNINSTALLED.*permission"):
            service.register(installed, "studio")
        assert len(drain()) == 1


def test_a_subscription_made_meanwhile_is_as_good(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering() as shopify:
        shopify.body = answer_with("Address for this topic has already been taken")
        monkeypatch.setitem(config.settings().peers, "shopify", shopify.url)
        service.register(installed, "studio")
    row = Shop.get(installed, "studio")
    assert (row.iana_timezone, row.currency, row.plan_name) == ("Europe/Rome", "EUR", "Plus")
