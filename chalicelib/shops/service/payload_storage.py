"""Webhook payloads: parsed from JSON, stored in the delivery's row or, if large, in S3."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.kit.errors import MalformedRequest
from chalicelib.shops.models import WebhookDelivery
from chalicelib.shops.repository.deliveries import distinct_key

Payload = dict[str, Any]

LARGE = 256_000
"""A body of more bytes is stored in S3: an item holds 400 KB."""


def parse_body(body: bytes) -> Payload:
    """Parse a body as a JSON object. Raises MalformedRequest."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not JSON.") from error
    if not isinstance(payload, dict):
        raise MalformedRequest("The body is not a JSON object.")
    return dict(_replace_surrogates(payload)) if b"\\ud" in body.lower() else payload


def _replace_surrogates(value: Any) -> Any:
    """Return the JSON value with unpaired surrogates replaced: DynamoDB and SQS do not accept them."""
    if isinstance(value, dict):
        return {_replace_surrogates(name): _replace_surrogates(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_replace_surrogates(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def store_payload(row: WebhookDelivery, body: bytes, payload: Payload) -> Payload:
    """Return the payload to store in the row: the payload itself, or `stored_at` of a large one, put into S3."""
    if len(body) <= LARGE:
        return payload
    key = f"payloads/shops/{row.shop}/{row.app}/{distinct_key(row)}.json"
    url = storage.address(config.settings().images_bucket, key)
    storage.put(url, body, "application/json")
    return {"stored_at": url}


def load_payload(row: WebhookDelivery) -> Payload:
    """Return the payload of a stored delivery, from S3 if it is large."""
    payload = dict(row.payload or {})
    return parse_body(storage.get(payload["stored_at"])) if payload.keys() == {"stored_at"} else payload
