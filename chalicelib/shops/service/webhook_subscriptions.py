"""Webhook subscriptions of one installation at Shopify: list, create and delete them, and report refused topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib.integrations.shopify.errors import AccessDenied, ShopifyRefused, ShopUnavailable
from chalicelib.kit import config
from chalicelib.shops import apps
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.webhook_topics import topic_enum

_LIST = """
query Subscriptions { webhookSubscriptions(first: 100) { nodes { id topic uri } } }"""
_SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    userErrors { field message }
  }
}"""
_UNSUBSCRIBE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { userErrors { field message } }
}"""
_MAX_REASON = 300
"""Characters of a stored reason."""


class SubscriptionRefused(RuntimeError):
    """Shopify refused our URL or the call for another reason than the topic; the message has the reasons."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """The reasons of Shopify by topic: `topics` lack an access scope or approval, `failed` were refused for anything else."""

    topics: dict[str, str]
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of the app; `topic` is spelled as in webhooks, such as `orders/paid`."""

    id: str
    topic: str
    uri: str


class _TopicRefused(Exception):
    """Shopify refuses the topic because an access scope or an approval is missing; it is not retried."""


def list_subscriptions(admin: AdminApi) -> list[Subscription]:
    """Return the subscriptions that the app created by API in the shop. Raises the errors of `AdminApi.graphql`."""
    nodes = admin.graphql(_LIST)["webhookSubscriptions"]["nodes"]
    topics = {topic_enum(topic): topic for topic in apps.get_app(admin.app).topics}
    return [Subscription(node["id"], topics.get(node["topic"], node["topic"]), node["uri"]) for node in nodes]


def missing_topics(app: str, present: list[Subscription]) -> set[str]:
    """Return the app's topics without a subscription to our URL."""
    return set(apps.get_app(app).topics) - {each.topic for each in present if each.uri == _webhook_url(app)}


def sync_subscriptions(admin: AdminApi, present: list[Subscription]) -> Refusals:
    """Create missing subscriptions and delete ours that are obsolete. Return what Shopify refused.

    A refusal stops no other topic. Raises as `AdminApi.graphql` if Shopify does not answer.
    """
    refused, failed = dict[str, str](), dict[str, str]()
    for topic in sorted(missing_topics(admin.app, present)):
        try:
            _subscribe(admin, topic)
        except _TopicRefused as reason:
            refused[topic] = str(reason)[:_MAX_REASON]
        except SubscriptionRefused as error:
            failed[topic] = str(error)
    for subscription in present:
        if _is_obsolete(admin.app, subscription):
            admin.graphql(_UNSUBSCRIBE, id=subscription.id)
    return Refusals(refused, failed)


def _subscribe(admin: AdminApi, topic: str) -> None:
    """Create a subscription. Raises _TopicRefused, SubscriptionRefused."""
    try:
        result = admin.graphql(_SUBSCRIBE, topic=topic_enum(topic), uri=_webhook_url(admin.app))
    except ShopUnavailable:
        raise
    except AccessDenied as error:
        raise _TopicRefused(error.error) from error
    except ShopifyRefused as error:
        raise SubscriptionRefused(f"{topic}: {error.error}") from error
    errors = result["webhookSubscriptionCreate"]["userErrors"]
    if all("already been taken" in error["message"] for error in errors):  # by a concurrent run
        return
    reasons = "; ".join(error["message"] for error in errors)
    if any(_is_about_address(error) for error in errors):
        raise SubscriptionRefused(f"{topic}: {reasons}")
    raise _TopicRefused(reasons)


def _is_about_address(error: dict[str, Any]) -> bool:
    """Return whether a user error is about our URL. The URL is the same for all topics, so an operator must correct it."""
    return bool({"uri", "callbackUrl"} & set(error.get("field") or []))


def _is_obsolete(app: str, subscription: Subscription) -> bool:
    is_ours = urlsplit(subscription.uri).path.endswith(f"/webhooks/shopify/{app}")
    is_current = subscription.uri == _webhook_url(app) and subscription.topic in apps.get_app(app).topics
    return is_ours and not is_current


def _webhook_url(app: str) -> str:
    return f"{config.settings().public_url}/webhooks/shopify/{app}"
