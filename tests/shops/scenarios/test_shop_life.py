"""A shop's life: the merchant removes the app and comes back by either way; any webhook is late, repeated or lost.

At its end every app that Shopify lets in is active with all its subscriptions, and nothing of it is erased; every app
that was removed has no tokens, and is inactive if Shopify told us in any way.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.integrations.shopify import admin_api
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.kit import clock, config
from chalicelib.kit.messages import publish
from chalicelib.retention.models import PrivacyRequest
from chalicelib.shops import apps
from chalicelib.shops.models import AppSettings, Shop
from chalicelib.shops.repository import tokens
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service import webhook_handlers, webhook_registration
from infra.deploy import data_stack, handlers
from infra.local import delivery
from infra.local.engine import Engine
from infra.sandbox.delivery import Webhook, send
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.shopify.webhooks import header
from tests.shops.conftest import install
from tests.shops.scenarios.virtual_time import VirtualTime, virtual_time

APP = "studio"
PATH = "/v1/shops/me/settings"
HUMAN_SECONDS = 20
"""What a merchant needs at least from one act to the next."""
pauses = st.sampled_from([timedelta(0), timedelta(seconds=50), timedelta(minutes=7), timedelta(hours=3)])


@dataclass
class Letter:
    """A delivery of Shopify's that is due at a moment, and may come at any later one."""

    webhook: Webhook
    due_at: datetime
    arrivals: int = 0
    is_lost: bool = False

    @property
    def topic(self) -> str:
        return header(self.webhook, "Topic")


class ShopLife(RuleBasedStateMachine):
    """`is_there`: whether Shopify has the app installed. `is_seen`: whether the merchant asked us something since."""

    def __init__(self, api: httpx.Client, shopify: ShopifySandbox, time: VirtualTime, engine: Engine) -> None:
        super().__init__()
        self.api, self.shopify, self.time, self.engine = api, shopify, time, engine
        self.shop = f"life-{uuid.uuid4().hex[:12]}.myshopify.com"
        self.letters: list[Letter] = []
        self.is_there = self.is_seen = False
        self.settings: str | None = None

    @initialize()
    def begin(self) -> None:
        """Most lives begin with an installation that is complete."""
        self.install_by_oauth(timedelta(0))
        self.handle_all()

    # The merchant.

    @precondition(lambda self: not self.is_there)
    @rule(pause=pauses)
    def install_by_oauth(self, pause: timedelta) -> None:
        self.act(pause)
        assert install(self.api, APP, self.shop).status_code == 302
        self.is_there = self.is_seen = True

    @precondition(lambda self: not self.is_there)
    @rule(pause=pauses)
    def install_by_session_token(self, pause: timedelta) -> None:
        """Shopify installs the app by itself; we hear of it by the first session token."""
        self.act(pause)
        self.is_there = True
        self.open_app()

    @precondition(lambda self: self.is_there)
    @rule(pause=pauses, requests=st.integers(1, 3))
    def work_in_app(self, pause: timedelta, requests: int) -> None:
        self.act(pause)
        for _ in range(requests):
            self.open_app()

    @precondition(lambda self: self.is_there)
    @rule(pause=pauses)
    def save_settings(self, pause: timedelta) -> None:
        """Data that is erased with the shop, and only with it."""
        self.act(pause)
        self.open_app()
        headers, value = self.bearer(), uuid.uuid4().hex
        etag = self.api.get(PATH, headers=headers).headers["etag"]
        response = self.api.put(PATH, headers=headers | {"If-Match": etag}, json={"settings": {"value": value}})
        assert response.status_code == 200, response.text
        self.settings = value

    @precondition(lambda self: self.is_there)
    @rule(pause=pauses)
    def remove_app(self, pause: timedelta) -> None:
        self.act(pause)
        at = self.time.now()
        self.letters.append(Letter(self.shopify.uninstall(APP, self.shop, triggered_at=at).webhook, at))
        later = at + timedelta(hours=48)
        payload = self.shopify.privacy("shop/redact", self.shop)
        redact = self.shopify.webhook(APP, self.shop, "shop/redact", payload, triggered_at=later)
        self.letters.append(Letter(redact, later))
        self.is_there = self.is_seen = False

    @precondition(lambda self: self.is_there)
    @rule(pause=pauses)
    def remove_and_return(self, pause: timedelta) -> None:
        """Before any webhook of it comes."""
        self.remove_app(pause)
        self.install_by_session_token(timedelta(0))

    def act(self, pause: timedelta) -> None:
        self.time.pass_(pause + timedelta(seconds=HUMAN_SECONDS))

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.shopify.session_token(APP, self.shop)}"}

    def open_app(self) -> None:
        response = self.api.get("/v1/shops/me", headers=self.bearer())
        assert response.status_code == 200, response.text
        self.is_seen = True

    # Shopify.

    @precondition(lambda self: self.due())
    @rule(which=st.integers(0, 30), is_applied=st.booleans())
    def deliver(self, which: int, is_applied: bool) -> None:
        """A letter comes, in any order, late, or once more; it may be applied before older messages of other queues."""
        due = self.due()
        self.post(due[which % len(due)])
        if is_applied:
            self.run_queue("shops-apply_webhook")

    @precondition(lambda self: self.letters)
    @rule(which=st.integers(0, 30))
    def lose(self, which: int) -> None:
        """A letter that has not come never comes."""
        letter = self.letters[which % len(self.letters)]
        letter.is_lost = letter.arrivals == 0

    @rule()
    def let_two_days_pass(self) -> None:
        self.time.pass_(timedelta(hours=49))

    def due(self) -> list[Letter]:
        now = self.time.now()
        return [letter for letter in self.letters if letter.due_at <= now and not letter.is_lost]

    def post(self, letter: Letter) -> None:
        assert send(letter.webhook).ok
        letter.arrivals += 1

    # Our workers.

    @precondition(lambda self: self.engine.waiting())
    @rule(which=st.integers(0, 30))
    def handle(self, which: int) -> None:
        """One queue's next messages."""
        waiting = self.engine.waiting()
        busy = [each for each in handlers.consumers() if data_stack.physical(each.queue) in waiting]
        if busy:
            self.run(busy[which % len(busy)])

    @rule()
    def handle_all(self) -> None:
        while waiting := self.engine.waiting():
            for consumer in handlers.consumers():
                if data_stack.physical(consumer.queue) in waiting:
                    self.run(consumer)

    @rule()
    def reconcile(self) -> None:
        row = self.row()
        if row and row.is_active:
            publish(RegistrationRequested(shop=self.shop, app=APP, since=clock.now() - timedelta(hours=10)))

    def run_queue(self, name: str) -> None:
        if data_stack.physical(name) in self.engine.waiting():
            [consumer] = [each for each in handlers.consumers() if each.queue == name]
            self.run(consumer)

    def run(self, consumer: handlers.Consumer) -> None:
        batch = delivery.receive(consumer)
        erasures, is_safe = self.erasures(), self.is_there and self.is_seen
        failures = delivery.deliver(
            consumer, batch, lambda one, event: handlers.chalice_app().handler_map[one.name](event, None)
        )
        assert failures == []
        if is_safe and consumer.name == "shops-apply_webhook":
            assert self.erasures() == erasures, "nobody is erased whom Shopify lets in"
        if not is_safe and self.erasures() > erasures:
            self.settings = None  # from here on they may be gone

    # What holds at any moment.

    @invariant()
    def seen_merchant_is_not_thrown_out(self) -> None:
        if self.is_there and self.is_seen:
            row = self.row()
            assert row is not None
            assert row.is_active
            self.settings_are_kept()

    @invariant()
    def inactive_app_has_no_tokens(self) -> None:
        row = self.row()
        if row and not row.is_active:
            secret = {"access_token", "refresh_token", "token_expires_at", "refresh_token_expires_at", "active_app"}
            assert not secret & row.attribute_values.keys()

    def settings_are_kept(self) -> None:
        if self.settings:
            row = AppSettings.get(self.shop, APP, consistent_read=True)
            assert row.settings == {"value": self.settings}

    # What holds at the end.

    def teardown(self) -> None:
        self.time.pass_(timedelta(hours=49))
        for letter in self.letters:
            if not letter.is_lost and not letter.arrivals:
                self.post(letter)
        self.handle_all()
        if self.is_there:  # the merchant's work is enough: no schedule runs
            self.act(timedelta(minutes=1))
            self.open_app()
            self.handle_all()
            self.open_app()
            self.handle_all()
            self.installed_app_works()
        elif self.letters:
            self.reconcile()
            self.handle_all()
            self.removed_app_is_away()

    def installed_app_works(self) -> None:
        self.seen_merchant_is_not_thrown_out()
        assert self.is_honoured()
        subscribed = {row["topic"] for row in self.shopify.webhook_subscriptions(APP, self.shop)}
        assert subscribed == {topic.replace("/", "_").upper() for topic in apps.get_app(APP).topics}

    def removed_app_is_away(self) -> None:
        row = self.row()
        assert not self.is_honoured()
        assert row is None or row.access_token is None
        last = max(letter.due_at for letter in self.letters if letter.topic == "app/uninstalled")
        deliveries = [letter for letter in self.letters if letter.due_at >= last and letter.arrivals]
        if deliveries:
            assert row is None or not row.is_active
        assert not self.shopify.webhook_subscriptions(APP, self.shop)

    def is_honoured(self) -> bool:
        row = self.row()
        token = tokens.decrypt_access_token(row) if row else None
        try:
            return bool(token and admin_api.graphql(self.shop, token, "{ shop { name } }"))
        except ShopifyRefused:
            return False

    def row(self) -> Shop | None:
        try:
            return Shop.get(self.shop, APP, consistent_read=True)
        except Shop.DoesNotExist:
            return None

    def erasures(self) -> int:
        return len(list(PrivacyRequest.scan(consistent_read=True)))


@pytest.fixture
def holding(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ShopifySandbox, VirtualTime]]:
    """A Shopify of the test's own time, which leaves every delivery to the test; work is postponed by nothing."""
    time = VirtualTime()
    with (
        virtual_time(time),
        ShopifySandbox(app_base_url=api_url, bucket_size=1_000_000, clock=time.timestamp) as made,
    ):
        made.hold_deliveries = True
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", made.url)
        monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)
        monkeypatch.setattr(webhook_handlers, "POSTPONED_SECONDS", 0)
        yield made, time


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_life_of_a_shop(
    api: httpx.Client, holding: tuple[ShopifySandbox, VirtualTime], engine: Engine, derandomized: dict[str, Any]
) -> None:
    shopify, time = holding

    class Here(ShopLife):
        def __init__(self) -> None:
            engine.restore()
            super().__init__(api, shopify, time, engine)

    run_state_machine_as_test(Here, settings=settings(**derandomized))


@pytest.fixture
def derandomized() -> dict[str, Any]:
    """The same examples at each run, without deadline; not shrunk, since a failure shows its steps."""
    return {
        "max_examples": 20,
        "stateful_step_count": 25,
        "deadline": None,
        "derandomize": True,
        "phases": [Phase.generate],
        "suppress_health_check": list(HealthCheck),
    }
