"""How Shopify delivers: at once or held back, in any order, and again when it fails.

Failed deliveries are retried with the original headers and body, 8 times; a subscription that an app made by API and
that failed throughout is then deleted (https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks and
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
    """A webhook and the id of the subscription that it is sent for, if that was made by API."""

    webhook: Webhook
    subscription: str | None


class Deliveries:
    """Sends webhooks and remembers how it went. While `hold` is set, what happens in a shop waits for `flush`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.hold = False

    def log(self) -> list[Json]:
        """The latest attempts, oldest first."""
        rows: list[Json] = self._state.read("deliveries")
        return rows

    def find(self, webhook_id: str) -> Webhook:
        """A webhook that was sent. Raises `KeyError` when it is not on record."""
        rows = [row for row in self.log() if row["webhook_id"] == webhook_id]
        if not rows:
            raise KeyError(webhook_id)
        return from_row(rows[-1])

    def send(self, webhook: Webhook) -> Delivery:
        """Once, now, whatever comes of it."""
        delivery = send(webhook)
        with self._state.change() as data:
            _record(data, [delivery])
        return delivery

    def dispatch(self, parcels: Iterable[Parcel]) -> list[Delivery]:
        """Now, or into the outbox while `hold` is set; what is held has no status yet."""
        rows = [{**to_row(parcel.webhook, None, "held"), "subscription": parcel.subscription} for parcel in parcels]
        if not self.hold:
            return self._carry(rows)
        with self._state.change() as data:
            data["outbox"] += rows
        return [Delivery(from_row(row), None, "held") for row in rows]

    def flush(self, **manner: Any) -> list[Delivery]:
        """Sends what is held, in the manner of `send_all`."""
        with self._state.change() as data:
            rows, data["outbox"] = data["outbox"], []
        return self._carry(rows, **manner)

    def retry(self, shop: str | None) -> list[Delivery]:
        """Every failed delivery once more, of one shop or of all; the eighth failure in vain is the last."""
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
