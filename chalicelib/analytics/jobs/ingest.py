"""Storage of collected events in the lake."""

from __future__ import annotations

from collections.abc import Sequence

from chalice.app import Blueprint

from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.analytics.service import ingest
from chalicelib.kit.jobs import consumes_many
from chalicelib.kit.queue_records import ReceivedMessage

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-ingest_events", batch_size=10_000, name="analytics-ingest_events")
@consumes_many(EventsCollected, layer="duckdb", batching_window=60, reports_errors=False)
def ingest_events(batch: Sequence[ReceivedMessage[EventsCollected]]) -> list[ReceivedMessage[EventsCollected]]:
    """Store collected events in the lake and make their days due."""
    return ingest.ingest_events(batch)
