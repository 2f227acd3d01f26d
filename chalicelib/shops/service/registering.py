"""What follows an installation: webhook subscriptions, and what Shopify tells of the shop."""

from __future__ import annotations

from typing import Any

from chalicelib.integrations import shopify
from chalicelib.kit import config, logs
from chalicelib.shops import apps
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.repository import installations
from chalicelib.shops.service.tokens import access_token

_LOOK = """
query Look($topics: [WebhookSubscriptionTopic!]) {
  shop { name email currencyCode ianaTimezone plan { publicDisplayName } }
  webhookSubscriptions(first: 100, topics: $topics) { nodes { topic uri } }
}"""
_SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    userErrors { field message }
  }
}"""

log = logs.logger("shops")


class SubscriptionRefused(RuntimeError):
    """Shopify did not take a webhook subscription; the message says why."""


def register(shop: str, app: str) -> None:
    """Subscribe the shop to each of the app's topics that it is not subscribed to, and note the shop's details.

    Can be run any number of times. A shop that has left meanwhile is left alone.
    """
    try:
        token = access_token(shop, app)
    except ShopNotInstalled:
        log.info("not registered: the app is not installed any more", extra={"shop": shop, "app": app})
        return
    uri = f"{config.settings().public_url}/webhooks/shopify/{app}"
    topics = [_as_enum(topic) for topic in apps.get(app).topics]
    found = shopify.graphql(shop, token, _LOOK, topics=topics)
    present = {node["topic"] for node in found["webhookSubscriptions"]["nodes"] if node["uri"] == uri}
    for topic in topics:
        if topic not in present:
            _subscribe(shop, token, topic, uri)
    installations.save_details(shop, app, _details(found["shop"]))


def _subscribe(shop: str, token: str, topic: str, uri: str) -> None:
    answer = shopify.graphql(shop, token, _SUBSCRIBE, topic=topic, uri=uri)
    errors = [error["message"] for error in answer["webhookSubscriptionCreate"]["userErrors"]]
    if errors and not all("already been taken" in message for message in errors):  # by a run at the same time
        raise SubscriptionRefused(f"{topic}: {'; '.join(errors)}")


def _details(shop: dict[str, Any]) -> dict[str, str]:
    return {
        "shop_name": shop["name"],
        "email": shop["email"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "plan_name": shop["plan"]["publicDisplayName"],
    }


def _as_enum(topic: str) -> str:
    """`orders/paid` as the GraphQL API calls it: `ORDERS_PAID`."""
    return topic.replace("/", "_").upper()
