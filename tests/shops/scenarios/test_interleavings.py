"""The newest event wins in any order of events and deliveries, wherever a process crashes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.kit import clock, config
from chalicelib.kit.messages import publish
from chalicelib.shops import apps, evidence
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import sessions
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.webhook_topics import topic_enum
from infra.local.engine import Engine
from infra.sandbox.delivery import send
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from infra.sandbox.shopify.webhooks import Family
from tests.examples import examples
from tests.retention.crash import hooked
from tests.shops.conftest import forget_messages, install
from tests.shops.scenarios.expected_state import Entry
from tests.shops.scenarios.interleaved_shop import (
    APP,
    CrashPoint,
    InterleavedShop,
    PendingDelivery,
    PendingInstall,
    ReadMessages,
)

OTHER_APP = "discounts"
PRODUCT_SCOPES = {"read_products", "write_products"}

families = st.sampled_from(["webhooks", "events"])
crash_points = st.one_of(*[st.none()] * 3, st.tuples(st.integers(1, 8), st.sampled_from(["before-call", "after-call"])))


class ShopStateMachine(InterleavedShop, RuleBasedStateMachine):
    """Actions of the merchant, Shopify and our workers, in any order."""

    pending_deliveries: Bundle[PendingDelivery] = Bundle("pending_deliveries")
    pending_installs: Bundle[PendingInstall] = Bundle("pending_installs")

    def __init__(self, api: httpx2.Client, shopify: ShopifySandbox, listen: Callable[..., ReadMessages]) -> None:
        RuleBasedStateMachine.__init__(self)
        InterleavedShop.__init__(self, api, shopify)
        self.read_messages = listen("shops-shop_uninstalled", "shops-shop_installed")
        self.is_installed_at_shopify = False

    @initialize(is_installed=st.booleans())
    def install_apps(self, is_installed: bool) -> None:
        """Install another app in the shop, which must not change; often the app itself, too."""
        assert install(self.api, OTHER_APP, self.shop).status_code == 302
        forget_messages("shops-register_webhooks")
        if is_installed:
            self.complete_installation(self.begin(), None)

    # Merchant.

    @rule(target=pending_installs)
    def begin_installation(self) -> PendingInstall:
        return self.begin()

    @rule(pending_install=consumes(pending_installs), crash_point=crash_points)
    def complete_installation(self, pending_install: PendingInstall, crash_point: CrashPoint) -> None:
        before, later = self.expected, self.expected.install(self.now(), SANDBOX_APPS[APP].scopes)
        with self.may_crash(crash_point, later, is_guaranteed=False):
            response = self.follow_callback(pending_install)
        if response.status_code == 302:
            assert self.expected == later
            self.is_installed_at_shopify, self.approved = True, None
            assert self.is_token_accepted()
        elif response.status_code == 403:
            assert self.expected == before
            assert before.newest_uninstall_at is not None
            assert before.newest_uninstall_at > pending_install.at, (
                "an uninstall ends only installations begun before it"
            )
        else:
            assert (response.status_code, crash_point is None) == (500, False), response.text

    @precondition(lambda self: self.expected.log)  # Shopify sends uninstalls only to known apps
    @rule(
        target=pending_deliveries,
        pending_install=consumes(pending_installs),
        is_delivered=st.booleans(),
        family=families,
    )
    def uninstall_during_callback(self, pending_install: PendingInstall, is_delivered: bool, family: Family) -> Any:
        """Uninstall the app between Shopify's grant and our write."""
        later, uninstalls = self.expected.install(self.now(), SANDBOX_APPS[APP].scopes), list[Any]()

        def uninstall_once() -> None:
            if not uninstalls:
                uninstalls.append(self.uninstall_app(family))
                if is_delivered:
                    self.deliver(uninstalls[0], None)
                    self.handle_all()

        with hooked("before-call", "TransactWriteItems", uninstall_once):
            response = self.follow_callback(pending_install)
        if uninstalls and not is_delivered:
            assert response.status_code == 302
            self.expect(later)
        else:
            assert response.status_code == 403
        return multiple(*uninstalls)

    @rule(crash_point=crash_points)
    def open_app(self, crash_point: CrashPoint) -> None:
        """Open the app with a session token; Shopify installs it first if it is absent."""
        row, at, scopes = self.row(), self.now(), self.approved or SANDBOX_APPS[APP].scopes
        later, self.is_installed_at_shopify = self.expected, True
        if row is None or not row.is_active:
            later = later.install(at, scopes)
        elif row.access_token is None:
            later = later.grant(at, scopes)
        else:
            later = later.record_session_token(at)
        token = self.shopify.session_token(APP, self.shop, iat=at.timestamp(), lifetime=3600)
        with self.may_crash(crash_point, later):
            response = self.api.get("/v1/shops/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code in ((200,) if crash_point is None else (200, 500)), response.text

    @precondition(lambda self: self.is_installed_at_shopify)
    @rule(target=pending_deliveries, family=families)
    def uninstall_app(self, family: Family) -> PendingDelivery:
        self.is_installed_at_shopify, self.approved, self.removed_at = False, None, self.now()
        return self.add_delivery(
            self.shopify.uninstall(APP, self.shop, triggered_at=self.removed_at, family=family).webhook
        )

    @rule(target=pending_deliveries, family=families)
    def rename_shop(self, family: Family) -> PendingDelivery:
        payload = self.shopify.update_shop(self.shop, name=f"Name {len(self.deliveries)}")
        return self.emit("shop/update", payload, family)

    @precondition(lambda self: self.is_installed_at_shopify)
    @rule(
        target=pending_deliveries,
        family=families,
        added_scopes=st.sets(st.sampled_from(["read_themes", "write_products"])),
    )
    def approve_scopes(self, family: Family, added_scopes: set[str]) -> PendingDelivery:
        self.approved = ["read_orders", *sorted(added_scopes)]
        return self.emit("app/scopes_update", self.shopify.update_scopes(APP, self.shop, self.approved), family)

    # Shopify: deliveries that are late, duplicated and reordered.

    @rule(target=pending_deliveries, pending=pending_deliveries)
    def duplicate_delivery(self, pending: PendingDelivery) -> PendingDelivery:
        """Duplicate a delivery under another delivery id."""
        name = next(name for name in pending.webhook.headers if name.lower().endswith("webhook-id"))
        return self.add_delivery(replace(pending.webhook, headers={**pending.webhook.headers, name: str(uuid.uuid4())}))

    @rule(pending=pending_deliveries, crash_point=crash_points)
    def deliver(self, pending: PendingDelivery, crash_point: CrashPoint) -> None:
        with self.may_crash(crash_point, self.expected):
            response = send(pending.webhook)
        assert response.status in ((200,) if crash_point is None else (200, 500)), response.answer
        pending.has_arrived |= response.ok

    # Workers.

    @rule(which=st.integers(0, 30), crash_point=crash_points)
    def handle_one(self, which: int, crash_point: CrashPoint) -> None:
        """Handle a pending message, or redeliver a handled one."""
        self.receive_messages()
        if self.tasks:
            self.handle(self.tasks[-1 - which % len(self.tasks)], crash_point)

    @rule()
    def handle_pending(self) -> None:
        self.handle_all()

    @precondition(lambda self: self.expected.is_active and all(task.is_done for task in self.tasks))
    @rule()
    def reconcile(self) -> None:
        publish(RegistrationRequested(shop=self.shop, app=APP))

    # Invariants.

    @invariant()
    def check_row_and_log(self) -> None:
        row, expected = self.row(), self.expected
        assert without_scopes(self.log()) == without_scopes(expected.log)
        if row is None:
            assert not expected.log
            return
        assert (row.is_active, row.uninstalled_at) == (expected.is_active, expected.uninstalled_at)
        assert (row.shop_name, frozenset(row.scope.split(","))) == (expected.name, expected.scopes)
        earliest, latest = self.installed_between
        assert earliest <= row.installed_at <= latest
        assert (row.active_app == APP) == expected.is_active
        has_session = any(session.id == sessions.offline_session_id(self.shop, APP) for session in self.sessions(APP))
        assert has_session == expected.is_active
        if not expected.is_active:
            secret = {"access_token", "refresh_token", "token_expires_at", "refresh_token_expires_at"}
            assert not secret & row.attribute_values.keys()

    # Checks after every delivery is handled.

    def teardown(self) -> None:
        for pending in self.deliveries:
            if not pending.has_arrived:
                self.deliver(pending, None)
        self.handle_all()
        self.check_row_and_log()
        self.check_newest_event_wins()
        self.check_deliveries_stored_once()
        if self.expected.is_active:
            self.check_app_works()
        self.check_messages_published_once()
        self.check_other_app_unchanged()

    def check_newest_event_wins(self) -> None:
        """Check that the newer of evidence and uninstall decides, in any order of delivery."""
        uninstalled_at = max(
            (each.triggered_at for each in self.deliveries if each.topic == "app/uninstalled"), default=None
        )
        evidence_at = self.expected.newest_evidence_at
        assert self.expected.is_active == (
            evidence_at is not None and (uninstalled_at is None or uninstalled_at < evidence_at)
        )
        if not self.expected.is_active and self.expected.uninstalled_at:
            assert all(session.created_at > self.expected.uninstalled_at for session in self.sessions(APP))

    def check_deliveries_stored_once(self) -> None:
        rows = [row for row in WebhookDelivery.scan(consistent_read=True) if row.app == APP]
        assert Counter(row.event_id or row.delivery_id for row in rows) == Counter(
            {each.identity for each in self.deliveries}
        )
        assert {row.delivery_id for row in rows} <= {pending.delivery_id for pending in self.deliveries}
        assert {row.status for row in rows} <= {DeliveryStatus.PROCESSED}

    def check_messages_published_once(self) -> None:
        """Count messages by id: a message may be sent more than once."""
        messages = {each["message_id"]: each for each in self.read_messages() if each["app"] == APP}.values()
        uninstalls = sorted(clock.parse(each["uninstalled_at"]) for each in messages if "uninstalled_at" in each)
        assert uninstalls == sorted(at for _, at in self.expected.log if at)
        installs = Counter(each["event"] for each in messages if "event" in each)
        kinds = ("reinstall" if kind == "scopes_update" else kind for kind, _ in self.expected.log)
        assert installs <= Counter(kinds)
        assert installs or not self.expected.is_active

    def check_other_app_unchanged(self) -> None:
        row = Shop.get(self.shop, OTHER_APP, consistent_read=True)
        assert row.is_active
        assert row.access_token is not None
        assert [session.id for session in self.sessions(OTHER_APP)] == [
            sessions.offline_session_id(self.shop, OTHER_APP)
        ]

    def check_app_works(self) -> None:
        """Check that the app works after a scheduled run and a request of the merchant."""
        self.reconcile()
        self.handle_all()
        self.open_app(None)
        self.handle_all()
        self.check_row_and_log()
        assert self.is_token_accepted()
        assert self.expected.name == self.shopify.update_shop(self.shop)["name"]
        topics = {row["topic"] for row in self.shopify.webhook_subscriptions(APP, self.shop)}
        row = self.row()
        assert row is not None
        refused = {topic_enum(topic) for topic in row.refused_topics or {}}  # without `read_products`
        assert topics | refused == {topic_enum(topic) for topic in apps.get_app(APP).topics}
        assert refused <= {"PRODUCTS_UPDATE", "PRODUCTS_DELETE"}
        assert not refused or not PRODUCT_SCOPES & (self.expected.scopes or frozenset())


@pytest.fixture
def held_shopify(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Shopify sandbox that holds deliveries and shares our clock; events are microseconds apart."""
    monkeypatch.setattr(evidence, "CLOCK_SKEW", timedelta(0))
    with ShopifySandbox(app_base_url=api_url, bucket_size=1_000_000) as sandbox:
        sandbox.hold_deliveries = True
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", sandbox.url)
        yield sandbox


@pytest.mark.slow
def test_the_newest_event_wins(
    api: httpx2.Client, held_shopify: ShopifySandbox, engine: Engine, listen: Callable[..., ReadMessages]
) -> None:
    """Run the same examples each time."""

    class Machine(ShopStateMachine):
        def __init__(self) -> None:
            engine.restore()
            super().__init__(api, held_shopify, listen)

    options: dict[str, Any] = {"max_examples": examples(8), "stateful_step_count": 25, "derandomize": True}
    # Not shrunk: a failure prints its steps, and shrinking takes minutes.
    options |= {"phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(Machine, settings=settings(**options))


def without_scopes(log: tuple[Entry, ...]) -> list[Entry]:
    """Return a log without changes of scopes: their number depends on whether a webhook or refreshed tokens come first."""
    return [entry for entry in log if entry[0] != "scopes_update"]
