"""The newest event wins in any order of events and deliveries, wherever a process crashes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
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
from infra.local.engine import Engine
from infra.sandbox.delivery import send
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from infra.sandbox.shopify.webhooks import Family
from tests.retention.crash import hooked
from tests.shops.conftest import forget_messages, install
from tests.shops.scenarios.interleaved_shop import APP, Begun, Death, Heard, Interleaving, Letter

NEIGHBOUR = "discounts"

families = st.sampled_from(["webhooks", "events"])
deaths = st.one_of(*[st.none()] * 3, st.tuples(st.integers(1, 8), st.sampled_from(["before-call", "after-call"])))


class Interleavings(Interleaving, RuleBasedStateMachine):
    """The merchant, Shopify and our workers each do something, at any moment."""

    posted: Bundle[Letter] = Bundle("posted")
    begun: Bundle[Begun] = Bundle("begun")

    def __init__(self, api: httpx.Client, shopify: ShopifySandbox, listen: Callable[..., Heard]) -> None:
        RuleBasedStateMachine.__init__(self)
        Interleaving.__init__(self, api, shopify)
        self.heard = listen("shops-shop_uninstalled", "shops-shop_installed")
        self.is_at_shopify = False

    @initialize(is_here=st.booleans())
    def begin_with(self, is_here: bool) -> None:
        """Another app in the same shop, to which nothing happens; often the app itself, too."""
        assert install(self.api, NEIGHBOUR, self.shop).status_code == 302
        forget_messages("shops-register_webhooks")
        if is_here:
            self.complete_installation(self.begin(), None)

    # What the merchant does.

    @rule(target=begun)
    def begin_installation(self) -> Begun:
        return self.begin()

    @rule(begun=consumes(begun), death=deaths)
    def complete_installation(self, begun: Begun, death: Death) -> None:
        before, later = self.expected, self.expected.install(self.now(), SANDBOX_APPS[APP].scopes)
        with self.may_die(death, later, is_sure=False):
            response = self.go_back(begun)
        if response.status_code == 302:
            assert self.expected == later
            self.is_at_shopify, self.approved = True, None
            assert self.is_honoured()
        elif response.status_code == 403:
            assert self.expected == before
            assert before.left_at is not None
            assert before.left_at > begun.at, "only what was begun before an uninstall ends with it"
        else:
            assert (response.status_code, death is None) == (500, False), response.text

    @precondition(lambda self: self.expected.log)  # Shopify tells of uninstalls only whom it knows from before
    @rule(target=posted, begun=consumes(begun), is_told=st.booleans(), family=families)
    def leave_meanwhile(self, begun: Begun, is_told: bool, family: Family) -> Any:
        """The merchant removes the app between Shopify's grant and our writing it down."""
        later, left = self.expected.install(self.now(), SANDBOX_APPS[APP].scopes), list[Any]()

        def interfere() -> None:
            if not left:
                left.append(self.leave(family))
                if is_told:
                    self.deliver(left[0], None)
                    self.work_off()

        with hooked("before-call", "TransactWriteItems", interfere):
            response = self.go_back(begun)
        if left and not is_told:
            assert response.status_code == 302
            self.become(later)
        else:
            assert response.status_code == 403
        return multiple(*left)

    @rule(death=deaths)
    def open(self, death: Death) -> None:
        """The merchant opens the app; Shopify has installed it by itself where it was not."""
        row, at, scopes = self.row(), self.now(), self.approved or SANDBOX_APPS[APP].scopes
        later, self.is_at_shopify = self.expected, True
        if row is None or not row.is_active:
            later = later.install(at, scopes)
        elif row.access_token is None:
            later = later.grant(at, scopes)
        else:
            later = later.see(at)
        token = self.shopify.session_token(APP, self.shop, iat=at.timestamp(), lifetime=3600)
        with self.may_die(death, later):
            response = self.api.get("/v1/shops/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code in ((200,) if death is None else (200, 500)), response.text

    @precondition(lambda self: self.is_at_shopify)
    @rule(target=posted, family=families)
    def leave(self, family: Family) -> Letter:
        self.is_at_shopify, self.approved, self.removed_at = False, None, self.now()
        return self.post(self.shopify.uninstall(APP, self.shop, triggered_at=self.removed_at, family=family).webhook)

    @rule(target=posted, family=families)
    def rename(self, family: Family) -> Letter:
        payload = self.shopify.update_shop(self.shop, name=f"Name {len(self.letters)}")
        return self.event("shop/update", payload, family)

    @precondition(lambda self: self.is_at_shopify)
    @rule(target=posted, family=families, more=st.sets(st.sampled_from(["read_themes", "write_products"])))
    def approve(self, family: Family, more: set[str]) -> Letter:
        self.approved = ["read_orders", *sorted(more)]
        return self.event("app/scopes_update", self.shopify.update_scopes(APP, self.shop, self.approved), family)

    # What Shopify delivers: late, twice, in any order.

    @rule(target=posted, letter=posted)
    def copy(self, letter: Letter) -> Letter:
        """The same event under another delivery's id."""
        name = next(name for name in letter.webhook.headers if name.lower().endswith("webhook-id"))
        return self.post(replace(letter.webhook, headers={**letter.webhook.headers, name: str(uuid.uuid4())}))

    @rule(letter=posted, death=deaths)
    def deliver(self, letter: Letter, death: Death) -> None:
        with self.may_die(death, self.expected):
            response = send(letter.webhook)
        assert response.status in ((200,) if death is None else (200, 500)), response.answer
        letter.has_arrived |= response.ok

    # What our workers do.

    @rule(which=st.integers(0, 30), death=deaths)
    def work(self, which: int, death: Death) -> None:
        """Handle one of the messages that wait, or one that was handled before."""
        self.collect()
        if self.tasks:
            self.handle(self.tasks[-1 - which % len(self.tasks)], death)

    @rule()
    def work_all(self) -> None:
        self.work_off()

    @precondition(lambda self: self.expected.is_active and all(task.is_done for task in self.tasks))
    @rule()
    def reconcile(self) -> None:
        publish(RegistrationRequested(shop=self.shop, app=APP))

    # What holds at any moment.

    @invariant()
    def row_and_log_are_as_expected(self) -> None:
        row, expected = self.row(), self.expected
        assert self.log() == expected.log
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

    # What holds when all was delivered and done.

    def teardown(self) -> None:
        for letter in self.letters:
            if not letter.has_arrived:
                self.deliver(letter, None)
        self.work_off()
        self.row_and_log_are_as_expected()
        self.the_newest_fact_stands()
        self.every_delivery_is_on_record_once()
        if self.expected.is_active:
            self.it_works()
        self.what_happened_was_told_once()
        self.the_other_app_noticed_nothing()

    def the_newest_fact_stands(self) -> None:
        """Whatever was told first: the last evidence of the app or the last uninstall."""
        left = max((each.triggered_at for each in self.letters if each.topic == "app/uninstalled"), default=None)
        evident = self.expected.evident_at
        assert self.expected.is_active == (evident is not None and (left is None or left < evident))
        if not self.expected.is_active and self.expected.uninstalled_at:
            assert all(session.created_at > self.expected.uninstalled_at for session in self.sessions(APP))

    def every_delivery_is_on_record_once(self) -> None:
        rows = [row for row in WebhookDelivery.scan(consistent_read=True) if row.app == APP]
        assert Counter(row.event_id or row.delivery_id for row in rows) == Counter(
            {each.identity for each in self.letters}
        )
        assert {row.delivery_id for row in rows} <= {letter.delivery_id for letter in self.letters}
        assert {row.status for row in rows} <= {DeliveryStatus.PROCESSED}

    def what_happened_was_told_once(self) -> None:
        """A message may be sent more than once; it is known by its id."""
        messages = {each["message_id"]: each for each in self.heard() if each["app"] == APP}.values()
        left = sorted(clock.parse(each["uninstalled_at"]) for each in messages if "uninstalled_at" in each)
        assert left == sorted(at for _, at in self.expected.log if at)
        came = Counter(each["event"] for each in messages if "event" in each)
        assert came <= Counter(kind for kind, _ in self.expected.log)
        assert came or not self.expected.is_active

    def the_other_app_noticed_nothing(self) -> None:
        row = Shop.get(self.shop, NEIGHBOUR, consistent_read=True)
        assert row.is_active
        assert row.access_token is not None
        assert [session.id for session in self.sessions(NEIGHBOUR)] == [
            sessions.offline_session_id(self.shop, NEIGHBOUR)
        ]

    def it_works(self) -> None:
        """At the latest when the schedule has run and the merchant has opened the app."""
        self.reconcile()
        self.work_off()
        self.open(None)
        self.work_off()
        self.row_and_log_are_as_expected()
        assert self.is_honoured()
        assert self.expected.name == self.shopify.update_shop(self.shop)["name"]
        subscribed = {row["topic"] for row in self.shopify.webhook_subscriptions(APP, self.shop)}
        assert subscribed == {topic.replace("/", "_").upper() for topic in apps.get_app(APP).topics}


@pytest.fixture
def holding(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Shopify that leaves every delivery to the test. It has our clock, and moments are microseconds apart."""
    monkeypatch.setattr(evidence, "CLOCK_SKEW", timedelta(0))
    with ShopifySandbox(app_base_url=api_url, bucket_size=1_000_000) as made:
        made.hold_deliveries = True
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", made.url)
        yield made


@pytest.mark.slow
def test_the_newest_event_wins(
    api: httpx.Client, holding: ShopifySandbox, engine: Engine, listen: Callable[..., Heard]
) -> None:
    """The examples are always the same, as many as there is time for."""

    class Here(Interleavings):
        def __init__(self) -> None:
            engine.restore()
            super().__init__(api, holding, listen)

    options: dict[str, Any] = {"max_examples": 30, "stateful_step_count": 25, "derandomize": True}
    # Not shrunk: a failure tells its steps, and shrinking them takes minutes.
    options |= {"phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(Here, settings=settings(**options))
