"""One app in one shop with its pending work: Shopify's deliveries, queued messages, an unfinished installation.

The expected state is tracked beside it. A process may crash at any of its calls to AWS; each event must then have
happened completely or not at all.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import jwt

from chalicelib.integrations.shopify import admin_api
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.kit import clock, secrets
from chalicelib.kit.models import Lock
from chalicelib.shops.models import InstallationLog, Session, Shop
from chalicelib.shops.repository import tokens
from chalicelib.shops.service import session_evidence
from chalicelib.shops.service.oauth_install import token_lock_name
from infra.deploy import handlers
from infra.local import delivery
from infra.sandbox.delivery import Webhook
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from infra.sandbox.shopify.webhooks import Family, header
from tests.retention.crash import Crash, crash_at
from tests.shops.conftest import oauth_callback
from tests.shops.scenarios.expected_state import Entry, Expectation

APP = "studio"
QUEUES = ("shops-apply_webhook", "shops-check_token", "shops-register_webhooks")

CrashPoint = tuple[int, str] | None
"""The number of the AWS call at which a process crashes, and whether before or after the call takes effect."""

_SCOPES = "{ currentAppInstallation { accessScopes { handle } } }"


class ThreadCrashed(Exception):
    """Crashes a thread of the API, which then responds with 500."""


@dataclass(eq=False)
class PendingDelivery:
    """A webhook delivery that has not arrived yet, or may arrive again."""

    webhook: Webhook
    has_arrived: bool = False

    @property
    def topic(self) -> str:
        return header(self.webhook, "Topic")

    @property
    def delivery_id(self) -> str:
        return header(self.webhook, "Webhook-Id")

    @property
    def triggered_at(self) -> datetime:
        return clock.parse(header(self.webhook, "Triggered-At"))

    @property
    def identity(self) -> str:
        """The id that deduplicates it: the newer header family has no event id."""
        return self.webhook.headers.get("X-Shopify-Event-Id") or self.delivery_id


@dataclass(eq=False)
class Task:
    """A message received from a queue. It may be redelivered after it was handled."""

    queue: str
    message: dict[str, Any]
    is_done: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.message["Body"]))


@dataclass(frozen=True)
class PendingInstall:
    """An OAuth installation with consent, before its callback."""

    callback: httpx2.URL
    cookie: str
    at: datetime


class InterleavedShop:
    """One shop. Times strictly increase; Shopify and our code share one clock."""

    def __init__(self, api: httpx2.Client, shopify: ShopifySandbox) -> None:
        self.api, self.shopify = api, shopify
        self.shop = f"shop-{uuid.uuid4().hex[:12]}.myshopify.com"
        self.expected = Expectation()
        self.deliveries: list[PendingDelivery] = []
        self.tasks: list[Task] = []
        self.approved: list[str] | None = None
        self.removed_at = self._latest = clock.now()
        self.installed_between = (self._latest, self._latest)
        self._consumers = {each.name: each for each in handlers.consumers() if each.name in QUEUES}

    def now(self) -> datetime:
        """Return a time later than every earlier event."""
        while (moment := clock.now()) <= self._latest:
            pass
        self._latest = moment
        return moment

    # Browsers.

    def begin(self) -> PendingInstall:
        self.api.cookies.clear()
        callback = oauth_callback(self.api, APP, self.shop)
        return PendingInstall(callback, self.api.cookies["backroom_install"], self.now())

    def follow_callback(self, pending_install: PendingInstall) -> httpx2.Response:
        self.api.cookies.clear()
        return self.api.get(pending_install.callback, headers={"Cookie": f"backroom_install={pending_install.cookie}"})

    # Shopify.

    def add_delivery(self, webhook: Webhook) -> PendingDelivery:
        """Add a pending delivery; nothing is sent yet."""
        self.deliveries.append(PendingDelivery(webhook))
        return self.deliveries[-1]

    def emit(self, topic: str, payload: Any, family: Family) -> PendingDelivery:
        """Add the delivery of an event that happens now."""
        return self.add_delivery(
            self.shopify.webhook(APP, self.shop, topic, payload, triggered_at=self.now(), family=family)
        )

    def is_token_accepted(self) -> bool:
        """Return whether Shopify accepts the stored token."""
        try:
            return bool(self._graphql(_SCOPES))
        except ShopifyRefused:
            return False

    def _graphql(self, query: str) -> dict[str, Any]:
        row = self.row()
        token = tokens.decrypt_access_token(row) if row else None
        return admin_api.graphql(self.shop, token, query) if token else {}

    # Queues.

    def receive_messages(self) -> bool:
        """Receive all messages; return whether any task is left."""
        for queue, consumer in self._consumers.items():
            while batch := delivery.receive(consumer):
                self.tasks += [Task(queue, message) for message in batch]
        return any(not task.is_done for task in self.tasks)

    def handle_all(self) -> None:
        """Handle all messages until the queues are empty."""
        while self.receive_messages():
            for task in [task for task in self.tasks if not task.is_done]:
                self.handle(task)

    def handle(self, task: Task, crash_point: CrashPoint = None) -> None:
        """Call the handler of a message; it may crash."""
        later, consumer = self._expected_after(task.body), self._consumers[task.queue]
        with suppress(Crash):
            with self.may_crash(crash_point, later, error=Crash):
                event = delivery.event_of(consumer, [task.message])
                response = handlers.chalice_app().handler_map[task.queue](event, None)
                assert response == {"batchItemFailures": []}
            task.is_done = True

    def _expected_after(self, message: dict[str, Any]) -> Expectation:
        """Return the expected state after the message is handled."""
        if "session_token" in message:
            return self._after_check(message["session_token"])
        if "webhook_topic" not in message:
            return self._after_registration()
        at = clock.parse(message["triggered_at"])
        [pending] = [each for each in self.deliveries if each.delivery_id == message["delivery_id"]]
        payload = json.loads(pending.webhook.body)
        if pending.topic == "app/uninstalled":
            return self.expected.uninstall(at)
        if pending.topic == "shop/update":
            return self.expected.rename(payload["name"], at)
        return self.expected.set_scopes(payload["current"], at)

    def _after_check(self, ciphertext: str) -> Expectation:
        """Return the state after a token check: a session token newer than the last uninstall replaces a rejected token."""
        token = secrets.decrypt(ciphertext, session_evidence.session_token_encryption_context(self.shop, APP))
        issued_at = jwt.decode(token, options={"verify_signature": False})["iat"]
        if self.is_token_accepted() or issued_at <= self.removed_at.timestamp():
            return self.expected
        at, scopes = self.now(), self.approved or SANDBOX_APPS[APP].scopes
        return self.expected.grant(at, scopes) if self.expected.is_active else self.expected.install(at, scopes)

    def _after_registration(self) -> Expectation:
        if not (self.expected.is_active and self.is_token_accepted()):
            return self.expected
        at, scopes = self.now(), self._graphql(_SCOPES)["currentAppInstallation"]["accessScopes"]
        name = self.shopify.update_shop(self.shop)["name"]
        return self.expected.rename(name, at).set_scopes([scope["handle"] for scope in scopes], at)

    # Crashes.

    @contextmanager
    def may_crash(
        self,
        crash_point: CrashPoint,
        later: Expectation,
        *,
        is_guaranteed: bool = True,
        error: type[BaseException] = ThreadCrashed,
    ) -> Iterator[None]:
        """Expect `later` after the block; without a guarantee or after a crash, each column group may also be unchanged."""
        before = self._columns()
        try:
            with crash_at(*crash_point, how=error) if crash_point else nullcontext():
                yield
        finally:
            is_certain = is_guaranteed and crash_point is None
            if crash_point:
                Lock(token_lock_name(self.shop, APP)).update(
                    [Lock.held_until.set(clock.now())]
                )  # its lease has expired
            changed_groups = [
                group for group, columns in self._columns().items() if is_certain or columns != before[group]
            ]
            self.expect(self.expected.apply_groups(later, changed_groups))

    def expect(self, later: Expectation) -> None:
        """Set the expected state."""
        if later.is_active and later.log != self.expected.log:
            assert later.granted_at
            self.installed_between = (later.granted_at, self.now())
        self.expected = later

    def _columns(self) -> dict[str, Any]:
        """Return the columns that show whether each group was written."""
        row = self.row()
        if row is None:
            return dict.fromkeys(("installation", "evidence", "name", "scopes"))
        return {
            "installation": (row.is_active, row.installed_at, row.last_triggered_at, row.confirmed_at),
            "evidence": (row.session_issued_at, row.installed_at),
            "name": row.details_triggered_at,
            "scopes": row.scope_triggered_at,
        }

    # Tables.

    def row(self) -> Shop | None:
        try:
            return Shop.get(self.shop, APP, consistent_read=True)
        except Shop.DoesNotExist:
            return None

    def log(self) -> tuple[Entry, ...]:
        rows = InstallationLog.query(self.shop, filter_condition=InstallationLog.app == APP, consistent_read=True)
        return tuple(
            (row.event_type.value, clock.parse(row.metadata["triggered_at"]) if row.metadata else None) for row in rows
        )

    def sessions(self, app: str) -> list[Session]:
        return list(Session.by_shop.query(self.shop, Session.app == app))


ReadMessages = Callable[..., list[dict[str, Any]]]
