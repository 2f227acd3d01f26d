"""The Stripe sandbox: its API, its pages, and the changes that no API call causes."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from infra.sandbox.delivery import Delivery, Order, Webhook, send_all
from infra.sandbox.operation_faults import EVERY, OperationFaults
from infra.sandbox.server import Json, Request, Response, SandboxServer
from infra.sandbox.state import State
from infra.sandbox.stripe import checkout, disputes, fulfillment, payments
from infra.sandbox.stripe.api import StripeAPI
from infra.sandbox.stripe.control import Control
from infra.sandbox.stripe.errors import fault_body
from infra.sandbox.stripe.events import build_webhook
from infra.sandbox.stripe.invoice_pages import InvoicePages
from infra.sandbox.stripe.operations import is_operation, operation_names
from infra.sandbox.stripe.pages import Pages
from infra.sandbox.stripe.price_changes import DECLINING_METHOD
from infra.sandbox.stripe.shapes import NEW_API_VERSION
from infra.sandbox.stripe.store import Store, new_id
from infra.sandbox.stripe.test_clocks import pass_time

SANDBOX_SECRET_KEY = "sk_test_sandbox_of_no_real_account"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox_of_no_real_account"
DELIVERIES_KEPT = 500
EMPTY: Json = {
    "sequence": 0,
    "offset": 0,
    "api_version": NEW_API_VERSION,
    "objects": {},
    "events": {},
    "held": [],
    "idempotency": {},
    "deliveries": [],
}


class StripeSandbox(SandboxServer):
    """The Stripe sandbox, which delivers events to `webhook_url` in order, from one background thread.

    With `hold_events`, events are held until `deliver_held`. `api_version` is the version of the webhook endpoint and
    decides the shape of its events. Raises `OSError` if the port is in use.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        secret_key: str = SANDBOX_SECRET_KEY,
        webhook_url: str | None = None,
        webhook_secrets: Sequence[str] = (SANDBOX_WEBHOOK_SECRET,),
        api_version: str = NEW_API_VERSION,
        hold_events: bool = False,
        state_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.webhook_url, self.webhook_secrets = webhook_url, tuple(webhook_secrets)
        self.hold_events = hold_events
        self._clock = clock
        self._state = State(state_file, EMPTY)
        self._courier = ThreadPoolExecutor(1, thread_name_prefix="stripe-events")
        self._api = StripeAPI(self._state, secret_key, lambda: self.url, lambda: self.now, self._publish)
        self.api_version = api_version
        self.faults = OperationFaults(is_operation, fault_body)
        super().__init__(
            port, [*Control(self).routes, *self.faults.routes, *Pages(self).routes, *InvoicePages(self).routes]
        )

    @property
    def now(self) -> int:
        """The sandbox's time in whole Unix seconds: the clock plus the advanced time."""
        passed: int = self._state.read("offset")
        return int(self._clock()) + passed

    @property
    def api_version(self) -> str:
        """The API version of future events."""
        version: str = self._state.read("api_version")
        return version

    @api_version.setter
    def api_version(self, version: str) -> None:
        with self._state.change() as data:
            data["api_version"] = version

    def reset(self) -> None:
        """Reset all state, as for a new account."""
        with self._state.change() as data:
            data |= deepcopy(EMPTY)
        self.hold_events = False
        self.faults.clear()

    def not_found(self, request: Request) -> Response:
        """Handle every other request as an API call, or respond with an error if its operation has a fault."""
        return self.faults.failure(operation_names(request)) or self._api.handle(request)

    def stop(self) -> None:
        """Free the port, finish the delivery in progress and drop the queued ones."""
        super().stop()
        self._courier.shutdown(cancel_futures=True)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Yield the objects, under the lock; emitted events are published at the end."""
        with self._state.change() as data:
            store = Store(data, self.now, self.url)
            yield store
        self._publish(store.emitted)

    def complete_checkout(self, session_id: str, *, email: str | None = None) -> list[Json]:
        """Pay a checkout session, deliver its events unless held, and return them.

        Raises `ApiError` if the session is not open.
        """
        with self._state.change() as data:
            store = Store(data, self.now, self.url)
            fulfillment.complete(store, session_id, email)
        self._publish(store.emitted).result()
        return store.emitted

    def expire_checkout(self, session_id: str) -> list[Json]:
        """Expire a checkout session, deliver its events unless held, and return them.

        Raises `ApiError` if the session is not open.
        """
        with self._state.change() as data:
            store = Store(data, self.now, self.url)
            checkout.expire(store, {}, session_id)
        self._publish(store.emitted).result()
        return store.emitted

    def advance(self, seconds: int) -> list[Json]:
        """Advance the time, apply the due changes, deliver their events unless held, and return them."""
        with self._state.change() as data:
            data["offset"] += seconds
        with self.store() as store:
            pass_time(store)
        self.drain(timeout=120)
        return store.emitted

    def set_card(self, customer_id: str, *, declines: bool) -> None:
        """Set whether future charges to the customer's card are declined."""
        with self.store() as store:
            for row in store.all("subscription"):
                if row["customer"] == customer_id:
                    row["default_payment_method"] = DECLINING_METHOD if declines else new_id("pm")

    def fail_next(self, calls: int, status: int, operation: str = EVERY) -> None:
        """Fail the next `calls` of an operation, e.g. `POST /v1/refunds`, with `status`; by default of any operation."""
        self.faults.fail_next(calls, status, operation)

    def settle_refund(self, refund_id: str, status: str) -> list[Json]:
        """Set the final status of a refund, `succeeded` or `failed`, and return the events."""
        with self.store() as store:
            payments.settle_refund(store, refund_id, status)
        return store.emitted

    def open_dispute(
        self, charge_id: str, amount: int | None = None, status: str = "needs_response", currency: str | None = None
    ) -> Json:
        """Open a dispute of a charge, for `amount` minor units or the whole charge, and return it."""
        with self.store() as store:
            row: Json = dict(disputes.open_dispute(store, charge_id, amount, status, currency))
        return row

    def close_dispute(self, dispute_id: str, status: str) -> list[Json]:
        """Close a dispute as `won`, `lost`, `warning_closed` or `prevented`, and return the events."""
        with self.store() as store:
            disputes.close(store, dispute_id, status)
        return store.emitted

    def event(self, id_: str) -> Json:
        """Return one event. Raises `ApiError` (404) if it does not exist."""
        with self.store() as store:
            return store.event(id_)

    def events(self, kind: str | None = None) -> list[Json]:
        """Return all events, or those of a type, oldest first."""
        rows: list[Json] = list(self._state.read("events").values())
        return [row for row in rows if kind in (None, row["type"])]

    def held(self) -> list[Json]:
        """Return the held events, oldest first."""
        return [self.event(id_) for id_ in self._state.read("held")]

    def webhook(
        self,
        event: Json,
        *,
        signed_at: int | None = None,
        secrets: Sequence[str] | None = None,
        api_version: str | None = None,
    ) -> Webhook:
        """Build a signed webhook without sending it.

        `signed_at` (Unix seconds) defaults to now, `api_version` to the event's. Raises `ValueError` if `webhook_url`
        is not set.
        """
        if self.webhook_url is None:
            raise ValueError("webhook_url is not set; the sandbox does not know the URL of the app")
        at = self.now if signed_at is None else signed_at
        with self.store() as store:
            return build_webhook(
                store, self.webhook_url, event, api_version or event["api_version"], secrets or self.webhook_secrets, at
            )

    def deliver(
        self,
        events: Sequence[Json],
        *,
        order: Order = "in_order",
        copies: int = 1,
        parallel: int = 1,
        seed: int = 0,
        signed_at: int | None = None,
        secrets: Sequence[str] | None = None,
        api_version: str | None = None,
    ) -> list[Delivery]:
        """Send each event now, `copies` times, over `parallel` connections, in order or shuffled by `seed`."""
        webhooks = [
            self.webhook(event, signed_at=signed_at, secrets=secrets, api_version=api_version) for event in events
        ]
        deliveries = send_all(webhooks, order=order, copies=copies, parallel=parallel, seed=seed)
        ids = {webhook.body: event["id"] for webhook, event in zip(webhooks, events, strict=True)}
        rows = [{"event": ids[each.webhook.body], "status": each.status, "answer": each.answer} for each in deliveries]
        with self._state.change() as data:
            data["deliveries"] = [*data["deliveries"], *rows][-DELIVERIES_KEPT:]
        return deliveries

    def deliver_held(
        self,
        *,
        order: Order = "in_order",
        copies: int = 1,
        parallel: int = 1,
        seed: int = 0,
        api_version: str | None = None,
    ) -> list[Delivery]:
        """Send the held events and stop holding them, even if the response is a failure.

        The options are those of `deliver`.
        """
        events = self.held()
        with self._state.change() as data:
            data["held"] = []
        return self.deliver(events, order=order, copies=copies, parallel=parallel, seed=seed, api_version=api_version)

    def deliveries(self) -> list[Json]:
        """Return the latest attempts, oldest first."""
        rows: list[Json] = self._state.read("deliveries")
        return rows

    def drain(self, timeout: float = 120) -> None:
        """Wait until the background deliveries queued so far are done.

        Raises `TimeoutError` if they take more than `timeout` seconds.
        """
        self._courier.submit(lambda: None).result(timeout)

    def _publish(self, events: list[Json]) -> Future[list[Delivery]]:
        nothing_due: Future[list[Delivery]] = Future()
        nothing_due.set_result([])
        if not events or self.webhook_url is None:
            return nothing_due
        if self.hold_events:
            with self._state.change() as data:
                data["held"] += [event["id"] for event in events]
            return nothing_due
        return self._courier.submit(self.deliver, events)
