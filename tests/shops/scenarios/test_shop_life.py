"""The life of a shop: uninstalls and reinstalls by either flow, with webhooks that are late, duplicated or lost.

Shopify refuses topics at times, the shop is frozen at times, and its myshopify domain changes. At the end an installed app is active with all its
subscriptions and none of its data erased; orders of frozen times and of refused topics were published. An uninstalled app
has no tokens, and is inactive if any webhook reported it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
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
from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopUnavailable
from chalicelib.kit import clock, config
from chalicelib.kit.messages import Message, publish
from chalicelib.retention.models import PrivacyRequest
from chalicelib.shops import apps
from chalicelib.shops.models import AppSettings, Shop
from chalicelib.shops.repository import shop_domains, tokens
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.schemas.orders import OrderPaid
from chalicelib.shops.service import backfill, shop_identity, webhook_handlers, webhook_registration
from chalicelib.shops.service.admin import open_admin_api
from infra.deploy import data_stack, handlers
from infra.local import delivery
from infra.local.engine import Engine
from infra.sandbox.delivery import send
from infra.sandbox.shopify import ShopifySandbox
from tests.examples import examples
from tests.shops.conftest import install
from tests.shops.scenarios.pending_deliveries import PendingDelivery
from tests.shops.scenarios.virtual_time import VirtualTime, virtual_time

APP = "studio"
PATH = "/v1/shops/me/settings"
ACTION_SECONDS = 20
"""The minimum time between two actions of a merchant."""
pauses = st.sampled_from([timedelta(0), timedelta(seconds=50), timedelta(minutes=7), timedelta(hours=3)])


class ShopLife(RuleBasedStateMachine):
    """Actions of one shop. `is_installed` is the state at Shopify, `is_active_merchant` is true after a request since then."""

    def __init__(self, api: httpx2.Client, shopify: ShopifySandbox, time: VirtualTime, engine: Engine) -> None:
        super().__init__()
        self.api, self.shopify, self.time, self.engine = api, shopify, time, engine
        self.domains = [f"life-{uuid.uuid4().hex[:12]}.myshopify.com" for _ in range(3)]
        self.domain = self.domains[0]
        self.deliveries: list[PendingDelivery] = []
        self.is_installed = self.is_active_merchant = self.is_frozen = False
        self.settings: str | None = None
        self.missed_orders: set[str] = set()
        self.backfilled_orders: set[str] = set()

    @initialize()
    def begin(self) -> None:
        """Start with a complete installation."""
        self.install_by_oauth(timedelta(0))
        self.handle_all()

    # Merchant.

    @precondition(lambda self: not self.is_installed and not self.is_frozen)
    @rule(pause=pauses)
    def install_by_oauth(self, pause: timedelta) -> None:
        self.wait_and_act(pause)
        assert install(self.api, APP, self.domain).status_code == 302
        self.is_installed = self.is_active_merchant = True

    @precondition(lambda self: not self.is_installed and not self.is_frozen)
    @rule(pause=pauses)
    def install_by_session_token(self, pause: timedelta) -> None:
        """Install the app at Shopify; the first session token reports it."""
        self.wait_and_act(pause)
        self.is_installed = True
        self.open_app()

    @precondition(lambda self: self.is_installed and not self.is_frozen)
    @rule(pause=pauses, requests=st.integers(1, 3))
    def use_app(self, pause: timedelta, requests: int) -> None:
        self.wait_and_act(pause)
        for _ in range(requests):
            self.open_app()

    @precondition(lambda self: self.is_installed and not self.is_frozen)
    @rule(pause=pauses)
    def save_settings(self, pause: timedelta) -> None:
        """Save settings, which only the erasure of the shop may delete."""
        self.wait_and_act(pause)
        self.open_app()
        headers, value = self.bearer(), uuid.uuid4().hex
        etag = self.api.get(PATH, headers=headers).headers["etag"]
        response = self.api.put(PATH, headers=headers | {"If-Match": etag}, json={"settings": {"value": value}})
        assert response.status_code == 200, response.text
        self.settings = value

    @precondition(lambda self: self.is_installed)
    @rule(pause=pauses)
    def uninstall_app(self, pause: timedelta) -> None:
        self.wait_and_act(pause)
        at = self.time.now()
        self.deliveries.append(PendingDelivery(self.shopify.uninstall(APP, self.domain, triggered_at=at).webhook, at))
        payload, later = self.shopify.privacy("shop/redact", self.domain), at + timedelta(hours=48)
        redact = self.shopify.webhook(APP, self.domain, "shop/redact", payload, triggered_at=later)
        self.deliveries.append(PendingDelivery(redact, later))
        self.is_installed = self.is_active_merchant = False
        self.missed_orders.clear()  # another installation does not backfill earlier orders

    @precondition(lambda self: self.is_installed and not self.is_frozen)
    @rule(pause=pauses)
    def uninstall_and_return(self, pause: timedelta) -> None:
        """Uninstall and reinstall before any webhook arrives."""
        self.uninstall_app(pause)
        self.install_by_session_token(timedelta(0))

    @rule(which=st.integers(1, 2), pause=pauses)
    def rename_shop(self, which: int, pause: timedelta) -> None:
        """Change the domain, perhaps to an earlier one; the webhook that reports it may be late or lost."""
        self.wait_and_act(pause)
        at = self.time.now()
        domain = self.domains[(self.domains.index(self.domain) + which) % 3]
        payload, self.domain = self.shopify.rename_shop(self.domain, domain), domain
        if self.is_installed:
            webhook = self.shopify.webhook(APP, domain, "shop/update", payload, triggered_at=at)
            self.deliveries.append(PendingDelivery(webhook, at))

    def wait_and_act(self, pause: timedelta) -> None:
        self.time.pass_(pause + timedelta(seconds=ACTION_SECONDS))

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.shopify.session_token(APP, self.domain)}"}

    def open_app(self) -> None:
        response = self.api.get("/v1/shops/me", headers=self.bearer())
        assert response.status_code == 200, response.text
        self.is_active_merchant = True

    # Shopify.

    @precondition(lambda self: not self.is_frozen)
    @rule(status=st.sampled_from([402, 403, 404, 423]))
    def freeze_shop(self, status: int) -> None:
        self.shopify.freeze_shop(self.domain, status)
        self.is_frozen = True

    @precondition(lambda self: self.is_frozen)
    @rule()
    def unfreeze_shop(self) -> None:
        self.shopify.unfreeze_shop(self.domain)
        self.is_frozen = False

    @rule(topics=st.sampled_from([[], ["orders/paid"], ["orders/paid", "orders/edited", "products/update"]]))
    def refuse_topics(self, topics: list[str]) -> None:
        """Refuse new subscriptions, as if access to protected customer data were missing."""
        self.shopify.refuse_topics(APP, topics, self.domain)

    @precondition(lambda self: self.is_noticed())
    @rule()
    def miss_order(self) -> None:
        """Pay an order whose webhook is not delivered, because the shop is frozen or the topic is refused."""
        order = self.shopify.paid_order(self.domain, [{"variant_id": 11, "product_id": 22}])
        self.missed_orders.add(order["admin_graphql_api_id"])

    def is_noticed(self) -> bool:
        if (row := self.row()) is None or not row.is_active or not self.is_installed:
            return False
        return row.unavailable_since is not None or "orders/paid" in (row.refused_topics or {})

    @precondition(lambda self: self.due_deliveries())
    @rule(which=st.integers(0, 30), is_applied=st.booleans())
    def deliver(self, which: int, is_applied: bool) -> None:
        """Send a due delivery, late or again; it may be applied before older messages of other queues."""
        due = self.due_deliveries()
        self.send(due[which % len(due)])
        if is_applied:
            self.run_queue("shops-apply_webhook")

    @precondition(lambda self: self.deliveries)
    @rule(which=st.integers(0, 30))
    def drop_delivery(self, which: int) -> None:
        """Drop a delivery that has not arrived."""
        pending = self.deliveries[which % len(self.deliveries)]
        pending.is_lost = pending.arrivals == 0

    @rule()
    def advance_two_days(self) -> None:
        self.time.pass_(timedelta(hours=49))

    def due_deliveries(self) -> list[PendingDelivery]:
        now = self.time.now()
        return [pending for pending in self.deliveries if pending.due_at <= now and not pending.is_lost]

    def send(self, pending: PendingDelivery) -> None:
        assert send(pending.webhook).ok
        pending.arrivals += 1

    # Workers.

    @precondition(lambda self: self.engine.waiting())
    @rule(which=st.integers(0, 30))
    def handle(self, which: int) -> None:
        """Handle the next messages of one queue."""
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
            publish(RegistrationRequested(shop=row.shop, app=APP, since=clock.now() - timedelta(hours=10)))

    def run_queue(self, name: str) -> None:
        if data_stack.physical(name) in self.engine.waiting():
            [consumer] = [each for each in handlers.consumers() if each.queue == name]
            self.run(consumer)

    def run(self, consumer: handlers.Consumer) -> None:
        batch = delivery.receive(consumer)
        erasures, is_protected = self.count_erasures(), self.is_installed and self.is_active_merchant
        failures = delivery.deliver(
            consumer, batch, lambda one, event: handlers.chalice_app().handler_map[one.name](event, None)
        )
        assert failures == []
        if is_protected and consumer.name == "shops-apply_webhook":
            assert self.count_erasures() == erasures, "an installed shop must not be erased"
        if not is_protected and self.count_erasures() > erasures:
            self.settings = None  # may be erased from here on

    def publish_backfilled(self, message: Message) -> None:
        """Publish a message of a backfill, and note the order."""
        if isinstance(message, OrderPaid):
            self.backfilled_orders.add(message.order_id)
        publish(message)

    # Invariants.

    @invariant()
    def check_frozen_shop_is_left_alone(self) -> None:
        """Only registrations and token checks call a shop that is marked as unavailable."""
        row = self.row()
        if row is not None and row.is_active and row.unavailable_since is not None:
            with pytest.raises(ShopUnavailable):
                open_admin_api(row.shop, APP)

    @invariant()
    def check_active_merchant_has_access(self) -> None:
        if self.is_installed and self.is_active_merchant:
            row = self.row()
            assert row is not None
            assert row.is_active
            self.check_settings_unchanged()

    @invariant()
    def check_inactive_app_has_no_tokens(self) -> None:
        row = self.row()
        if row and not row.is_active:
            secret = {"access_token", "refresh_token", "token_expires_at", "refresh_token_expires_at", "active_app"}
            assert not secret & row.attribute_values.keys()

    def check_settings_unchanged(self) -> None:
        if self.settings and (shop := self.row()):
            row = AppSettings.get(shop.shop, APP, consistent_read=True)
            assert row.settings == {"value": self.settings}

    # Checks at the end.

    def teardown(self) -> None:
        self.time.pass_(timedelta(hours=49))
        self.shopify.unfreeze_shop(self.domain)
        self.shopify.refuse_topics(APP, [], self.domain)
        for pending in self.deliveries:
            if not pending.is_lost and not pending.arrivals:
                self.send(pending)
        self.handle_all()
        if self.is_installed:  # the merchant's requests suffice; the schedule runs only to request refused topics again
            self.wait_and_act(timedelta(minutes=1))
            self.open_app()
            self.handle_all()
            self.open_app()
            self.handle_all()
            if (row := self.row()) and row.refused_topics:
                self.reconcile()
                self.handle_all()
            self.check_installed_app_works()
        elif self.deliveries:
            self.reconcile()
            self.handle_all()
            self.check_uninstalled_app_is_gone()

    def check_installed_app_works(self) -> None:
        self.check_active_merchant_has_access()
        assert self.is_token_accepted()
        topics = {row["topic"] for row in self.shopify.webhook_subscriptions(APP, self.domain)}
        assert topics == {topic.replace("/", "_").upper() for topic in apps.get_app(APP).topics}

        row = self.row()
        assert row is not None
        assert shop_domains.stored_name(row).present_domain == self.domain
        assert not {"unavailable_since", "missed_since", "refused_topics"} & row.attribute_values.keys()
        assert self.missed_orders <= self.backfilled_orders

    def check_uninstalled_app_is_gone(self) -> None:
        row = self.row()
        assert not self.is_token_accepted()
        assert row is None or row.access_token is None
        last = max(pending.due_at for pending in self.deliveries if pending.topic == "app/uninstalled")
        if any(pending.due_at >= last and pending.arrivals for pending in self.deliveries):
            assert row is None or not row.is_active
        assert not self.shopify.webhook_subscriptions(APP, self.domain)

    def is_token_accepted(self) -> bool:
        row = self.row()
        token = tokens.decrypt_access_token(row) if row else None
        try:
            return bool(token and admin_api.graphql(self.domain, token, "{ shop { name } }"))
        except ShopifyRefused:
            return False

    def row(self) -> Shop | None:
        """Return the only row of the shop, whichever of its domains is the key."""
        rows = [row for domain in self.domains for row in Shop.query(domain, consistent_read=True)]
        assert len(rows) <= 1, "one shop, one row"
        return next(iter(rows), None)

    def count_erasures(self) -> int:
        return len(list(PrivacyRequest.scan(consistent_read=True)))


@pytest.fixture
def held_shopify(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ShopifySandbox, VirtualTime]]:
    """A Shopify sandbox with virtual time that holds deliveries; no work is delayed."""
    time = VirtualTime()
    with (
        virtual_time(time),
        ShopifySandbox(app_base_url=api_url, bucket_size=1_000_000, clock=time.timestamp) as sandbox,
    ):
        sandbox.hold_deliveries = True
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", sandbox.url)
        monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)
        monkeypatch.setattr(shop_identity, "BACKFILL_DELAY", 0)
        monkeypatch.setattr(webhook_handlers, "POSTPONED_SECONDS", 0)
        yield sandbox, time


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_life_of_a_shop(
    api: httpx2.Client,
    held_shopify: tuple[ShopifySandbox, VirtualTime],
    engine: Engine,
    fixed_examples: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shopify, time = held_shopify

    class Machine(ShopLife):
        def __init__(self) -> None:
            engine.restore()
            super().__init__(api, shopify, time, engine)
            monkeypatch.setattr(backfill, "publish", self.publish_backfilled)

    run_state_machine_as_test(Machine, settings=settings(**fixed_examples))


@pytest.fixture
def fixed_examples() -> dict[str, Any]:
    """Return settings that run the same examples each time, without deadline or shrinking."""
    return {
        "max_examples": examples(8),
        "stateful_step_count": 25,
        "deadline": None,
        "derandomize": True,
        "phases": [Phase.generate],
        "suppress_health_check": list(HealthCheck),
    }
