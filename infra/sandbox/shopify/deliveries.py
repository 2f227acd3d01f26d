"""Delivers webhooks as Shopify does: immediately or held, in any order, with retries.

A failed delivery is retried up to 8 times, with the original headers and body. If all retries fail, a subscription
that the app created by API is deleted (https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks and
https://shopify.dev/changelog/updates-to-webhook-retry-mechanism).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.sandbox.delivery import Delivery, Webhook, send, send_all
from infra.sandbox.server import Json
from infra.sandbox.shopify.webhooks import from_row, header, to_row
from infra.sandbox.state import State

MOST_RETRIES = 8
DELIVERIES_KEPT = 500


@dataclass(frozen=True)
class Parcel:
    """A webhook and the id of its subscription; None if the subscription was not created by API."""

    webhook: Webhook
    subscription: str | None


class Deliveries:
    """Sends webhooks and logs the attempts. While `hold` is set, emitted webhooks stay in the outbox until `flush`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.hold = False

    def log(self) -> list[Json]:
        """Return the latest attempts, oldest first."""
        rows: list[Json] = self._state.read("deliveries")
        return rows

    def find(self, webhook_id: str) -> Webhook:
        """Return the latest attempt's webhook with this id. Raises `KeyError` if it is not in the log."""
        rows = [row for row in self.log() if row["webhook_id"] == webhook_id]
        if not rows:
            raise KeyError(webhook_id)
        return from_row(rows[-1])

    def send(self, webhook: Webhook) -> Delivery:
        """Send the webhook once, immediately, and log the attempt; a failure is not retried."""
        delivery = send(webhook)
        with self._state.change() as data:
            _record(data, [delivery])
        return delivery

    def dispatch(self, parcels: Iterable[Parcel]) -> list[Delivery]:
        """Send the webhooks, or store them in the outbox while `hold` is set; a held webhook has no status."""
        rows = [{**to_row(parcel.webhook, None, "held"), "subscription": parcel.subscription} for parcel in parcels]
        if not self.hold:
            return self._carry(rows)
        with self._state.change() as data:
            data["outbox"] += rows
        return [Delivery(from_row(row), None, "held") for row in rows]

    def flush(self, **manner: Any) -> list[Delivery]:
        """Send the held webhooks; `manner` are the options of `send_all`."""
        with self._state.change() as data:
            rows, data["outbox"] = data["outbox"], []
        return self._carry(rows, **manner)

    def retry(self, shop: str | None) -> list[Delivery]:
        """Retry every failed delivery, of one shop or of all shops; the eighth failed retry is the last."""
        waiting = self._state.read("failed").values()
        rows = [row for row in waiting if shop is None or header(from_row(row), "Shop-Domain") == shop]
        sent = send_all([from_row(row) for row in rows])
        with self._state.change() as data:
            _record(data, sent)
            for row, delivery in zip(rows, sent, strict=True):
                _count_retry(data, row["webhook_id"], arrived=delivery.ok)
        return sent

    def _carry(self, rows: list[Json], **manner: Any) -> list[Delivery]:
        sent = send_all([from_row(row) for row in rows], **manner)
        arrived = {header(delivery.webhook, "Webhook-Id") for delivery in sent if delivery.ok}
        failed = {row["webhook_id"]: {**row, "retries": 0} for row in rows if row["webhook_id"] not in arrived}
        with self._state.change() as data:
            _record(data, sent)
            data["failed"] |= failed
        return sent


def _record(data: Json, sent: Iterable[Delivery]) -> None:
    rows = [to_row(delivery.webhook, delivery.status, delivery.answer) for delivery in sent]
    data["deliveries"] = [*data["deliveries"], *rows][-DELIVERIES_KEPT:]


def _count_retry(data: Json, webhook_id: str, *, arrived: bool) -> None:
    row = data["failed"][webhook_id]
    row["retries"] += 1
    if arrived or row["retries"] == MOST_RETRIES:
        del data["failed"][webhook_id]
    if not arrived and row["retries"] == MOST_RETRIES:
        data["subscriptions"].pop(row["subscription"], None)
