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

import httpx
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

Death = tuple[int, str] | None
"""At which of its calls to AWS a process dies, and whether before or after that took effect."""

_SCOPES = "{ currentAppInstallation { accessScopes { handle } } }"


class Died(Exception):
    """What a thread of the API dies of: it has to answer something."""


@dataclass(eq=False)
class Letter:
    """A delivery of Shopify's, on its way for as long as it takes."""

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
        """What it is on record by: the newer family of headers has no event id."""
        return self.webhook.headers.get("X-Shopify-Event-Id") or self.delivery_id


@dataclass(eq=False)
class Task:
    """A message that was received from a queue. It may be handled again after it was done."""

    queue: str
    message: dict[str, Any]
    is_done: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.message["Body"]))


@dataclass(frozen=True)
class Begun:
    """An installation that a browser has begun and the merchant consented to."""

    back: httpx.URL
    cookie: str
    at: datetime


class Interleaving:
    """A shop of its own. Moments are strictly increasing, on the one clock that Shopify and we have."""

    def __init__(self, api: httpx.Client, shopify: ShopifySandbox) -> None:
        self.api, self.shopify = api, shopify
        self.shop = f"shop-{uuid.uuid4().hex[:12]}.myshopify.com"
        self.expected = Expectation()
        self.letters: list[Letter] = []
        self.tasks: list[Task] = []
        self.approved: list[str] | None = None
        self.removed_at = self._latest = clock.now()
        self.installed_between = (self._latest, self._latest)
        self._consumers = {each.name: each for each in handlers.consumers() if each.name in QUEUES}

    def now(self) -> datetime:
        """A moment after all that happened so far."""
        while (moment := clock.now()) <= self._latest:
            pass
        self._latest = moment
        return moment

    # Browsers.

    def begin(self) -> Begun:
        self.api.cookies.clear()
        callback = oauth_callback(self.api, APP, self.shop)
        return Begun(callback, self.api.cookies["backroom_install"], self.now())

    def go_back(self, begun: Begun) -> httpx.Response:
        self.api.cookies.clear()
        return self.api.get(begun.back, headers={"Cookie": f"backroom_install={begun.cookie}"})

    # Shopify.

    def post(self, webhook: Webhook) -> Letter:
        """Have a delivery under way; nothing is sent yet."""
        self.letters.append(Letter(webhook))
        return self.letters[-1]

    def event(self, topic: str, payload: Any, family: Family) -> Letter:
        """Something that happened in the shop just now."""
        return self.post(self.shopify.webhook(APP, self.shop, topic, payload, triggered_at=self.now(), family=family))

    def is_honoured(self) -> bool:
        """Whether Shopify takes the token that we have."""
        try:
            return bool(self._graphql(_SCOPES))
        except ShopifyRefused:
            return False

    def _graphql(self, query: str) -> dict[str, Any]:
        row = self.row()
        token = tokens.decrypt_access_token(row) if row else None
        return admin_api.graphql(self.shop, token, query) if token else {}

    # Queues.

    def collect(self) -> bool:
        """Take what waits in the queues; whether there is anything to do."""
        for queue, consumer in self._consumers.items():
            while batch := delivery.receive(consumer):
                self.tasks += [Task(queue, message) for message in batch]
        return any(not task.is_done for task in self.tasks)

    def work_off(self) -> None:
        """Handle all that waits, and what comes of it."""
        while self.collect():
            for task in [task for task in self.tasks if not task.is_done]:
                self.handle(task)

    def handle(self, task: Task, death: Death = None) -> None:
        """Hand the message to its handler, which may die of it."""
        later, consumer = self._after(task.body), self._consumers[task.queue]
        with suppress(Crash):
            with self.may_die(death, later, how=Crash):
                event = delivery.event_of(consumer, [task.message])
                response = handlers.chalice_app().handler_map[task.queue](event, None)
                assert response == {"batchItemFailures": []}
            task.is_done = True

    def _after(self, message: dict[str, Any]) -> Expectation:
        """What is to be expected once the message is handled."""
        if "session_token" in message:
            return self._after_check(message["session_token"])
        if "webhook_topic" not in message:
            return self._after_registration()
        at = clock.parse(message["triggered_at"])
        [messages] = [letter for letter in self.letters if letter.delivery_id == message["delivery_id"]]
        payload = json.loads(messages.webhook.body)
        if messages.topic == "app/uninstalled":
            return self.expected.uninstall(at)
        if messages.topic == "shop/update":
            return self.expected.rename(payload["name"], at)
        return self.expected.allow(payload["current"], at)

    def _after_check(self, sealed: str) -> Expectation:
        """The session token is exchanged where Shopify refuses ours, unless it is from before the last removal."""
        token = secrets.decrypt(sealed, session_evidence.session_token_encryption_context(self.shop, APP))
        issued_at = jwt.decode(token, options={"verify_signature": False})["iat"]
        if self.is_honoured() or issued_at <= self.removed_at.timestamp():
            return self.expected
        at, scopes = self.now(), self.approved or SANDBOX_APPS[APP].scopes
        return self.expected.grant(at, scopes) if self.expected.is_active else self.expected.install(at, scopes)

    def _after_registration(self) -> Expectation:
        if not (self.expected.is_active and self.is_honoured()):
            return self.expected
        at, result = self.now(), self._graphql(_SCOPES)["currentAppInstallation"]["accessScopes"]
        name = self.shopify.update_shop(self.shop)["name"]
        return self.expected.rename(name, at).allow([scope["handle"] for scope in result], at)

    # Deaths.

    @contextmanager
    def may_die(
        self, death: Death, later: Expectation, *, is_sure: bool = True, how: type[BaseException] = Died
    ) -> Iterator[None]:
        """What happens here leads to `later`; unless that is sure and nothing dies, each fact may as well stay."""
        before = self._columns()
        try:
            with crash_at(*death, how=how) if death else nullcontext():
                yield
        finally:
            is_certain = is_sure and death is None
            if death:
                Lock(token_lock_name(self.shop, APP)).update([Lock.held_until.set(clock.now())])  # its lease has lapsed
            changed = [fact for fact, columns in self._columns().items() if is_certain or columns != before[fact]]
            self.become(self.expected.adopt(later, changed))

    def become(self, later: Expectation) -> None:
        """Expect this from now on."""
        if later.is_active and later.log != self.expected.log:
            assert later.granted_at
            self.installed_between = (later.granted_at, self.now())
        self.expected = later

    def _columns(self) -> dict[str, Any]:
        """The columns that each fact is told by in the row; whether they are right is for the test to say."""
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


Heard = Callable[..., list[dict[str, Any]]]
