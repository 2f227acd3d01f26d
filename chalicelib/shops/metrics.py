"""The metrics of shops."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, NoAlarm

TOKENS_LOST = Counter(
    "TokensLost",
    NoAlarm("The merchant removed the app, or their next request gets new tokens."),
    dimensions=("app",),
)
TOKENS_UNREADABLE = Counter(
    "TokensUnreadable",
    NoAlarm("The merchant's next request gets new tokens; webhooks need none."),
    dimensions=("app",),
)
DELIVERIES_UNREADABLE = Counter(
    "DeliveriesUnreadable",
    NoAlarm("The delivery is stored with status `failed` and can be replayed after a fix."),
    dimensions=("topic",),
)
DELIVERIES_OF_OTHER_VERSION = Counter(
    "DeliveriesOfOtherVersion",
    Alarm(
        "shops-webhook-versions",
        "Shopify sends webhooks of another API version than we request: ours is no longer supported. See the runbook.",
    ),
)
PAYLOAD_PARTS_DROPPED = Counter(
    "PayloadPartsDropped",
    NoAlarm("The rest of the payload becomes a message; the log names the topic and the parts."),
    dimensions=("topic",),
)
"""The malformed parts of webhook payloads that no use requires, and malformed times of events in the headers."""
SUBSCRIPTIONS_MISSING = Counter(
    "SubscriptionsMissing",
    NoAlarm("The run that detects it creates the subscriptions again and starts a backfill."),
    dimensions=("app",),
)
EVENTS_BACKFILLED = Counter(
    "EventsBackfilled",
    NoAlarm("It measures the volume of a backfill."),
    dimensions=("kind",),
)
SHOPS_UNAVAILABLE = Counter(
    "ShopsUnavailable",
    NoAlarm("The shop is frozen or closed; the daily registration takes it up once it is available."),
    dimensions=("app",),
)
TOPICS_REFUSED = Counter(
    "TopicsRefused",
    NoAlarm("The APIs for operators and merchants list the topics; each registration requests them again."),
    dimensions=("app",),
)
"""Webhook topics to which a registration could not subscribe, because an access scope or approval is missing."""
