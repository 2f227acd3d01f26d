"""Webhook bodies: read as JSON, kept in the delivery's row or, when large, in S3."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.kit.errors import MalformedRequest
from chalicelib.shops.models import WebhookDelivery

Payload = dict[str, Any]

LARGE = 256_000
"""Bytes of a body beyond which it is kept in S3: an item holds 400 KB."""


def parse(body: bytes) -> Payload:
    """The JSON object that a body is. Raises MalformedRequest."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not JSON.") from error
    if not isinstance(payload, dict):
        raise MalformedRequest("The body is not a JSON object.")
    return dict(_whole(payload)) if b"\\ud" in body.lower() else payload


def _whole(value: Any) -> Any:
    """The same JSON with half characters, such as a cut emoji's, replaced: no store and no message takes them."""
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def keep(row: WebhookDelivery, body: bytes, payload: Payload) -> Payload:
    """What the delivery's row says of its payload: all of it, or where a large one is stored now."""
    if len(body) <= LARGE:
        return payload
    key = f"payloads/shops/{row.shop}/{row.app}/{row.delivery_id}.json"
    url = storage.address(config.settings().images_bucket, key)
    storage.put(url, body, "application/json")
    return {"stored_at": url}


def payload_of(row: WebhookDelivery) -> Payload:
    """A recorded delivery's payload, from S3 where it is large."""
    kept = dict(row.payload or {})
    return parse(storage.get(kept["stored_at"])) if kept.keys() == {"stored_at"} else kept
