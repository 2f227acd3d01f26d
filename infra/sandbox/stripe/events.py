"""Events: API calls and signed webhooks (https://docs.stripe.com/webhooks#verify-manually)."""

import hashlib
import hmac
import json
from collections.abc import Sequence

from infra.sandbox.delivery import Webhook
from infra.sandbox.server import Json
from infra.sandbox.stripe.shapes import present
from infra.sandbox.stripe.store import Store, list_of


def retrieve(store: Store, _: Json, event: str) -> Json:
    return store.event(event)


def list_all(store: Store, params: Json) -> Json:
    types = params.get("types") or ([params["type"]] if "type" in params else None)
    rows = [row for row in store.events() if types is None or row["type"] in types]
    return list_of(rows, "/v1/events", params)


def build_webhook(store: Store, url: str, event: Json, version: str, secrets: Sequence[str], signed_at: int) -> Webhook:
    """Build the webhook of an event in the API version's shape, with one `v1` signature per secret."""
    shown = present(store, {**event, "api_version": version}, version)
    body = json.dumps(shown, indent=2).encode()  # indented as by Stripe: verification of a re-encoded body fails
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(body, secrets, signed_at),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    return Webhook(url, headers, body)


def signature(body: bytes, secrets: Sequence[str], signed_at: int) -> str:
    """Return the value of the header `Stripe-Signature`."""
    signed = f"{signed_at}.".encode() + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={signed_at}", *(f"v1={mark}" for mark in marks)])
