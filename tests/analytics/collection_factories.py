"""Events as browsers send them, and the messages that wait for the ingest."""

from __future__ import annotations

from typing import Any

from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.kit import aws, clock, ids, messages

Json = dict[str, Any]
ORIGIN = "https://a.example"
CHROME = (
    "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/112.0.0.0 Mobile Safari/537.36"
)


def event(**changes: Any) -> Json:
    """A valid event of a browser."""
    now = clock.iso(clock.now())
    return {"id": ids.new(), "type": "user_action", "name": "button_clicked", "at": now, **changes}


def queued_events() -> list[EventsCollected]:
    """The messages in the queue of the ingest; they are removed from it."""
    url, found = messages.queue_url("analytics-ingest_events"), []
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(EventsCollected.model_validate_json(message["Body"]))
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found
