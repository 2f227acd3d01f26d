"""Webhook topics and their two spellings: `app/uninstalled`, and `APP_UNINSTALLED` in the Admin API.

Source: shopify.dev/docs/api/admin-graphql (WebhookSubscriptionTopic); shopify.dev/docs/api/webhooks.
"""

from __future__ import annotations

from chalicelib.shops.apps import TOPICS
from chalicelib.shops.schemas.messages import PrivacyTopic

COMPLIANCE_TOPICS = frozenset(topic.value for topic in PrivacyTopic)
"""Topics that Shopify delivers without a subscription made by API. The body contains the shop."""


def topic_enum(topic: str) -> str:
    """Return the Admin API's name of a topic: `ORDERS_PAID` for `orders/paid`."""
    return topic.replace("/", "_").upper()


_BY_ENUM = {topic_enum(topic): topic for topics in (*TOPICS.values(), COMPLIANCE_TOPICS) for topic in topics}


def canonical_topic(text: str) -> str:
    """Return the topic in lower case with a slash; a topic that no app uses is only converted to lower case."""
    return _BY_ENUM.get(topic_enum(text), text.lower())
