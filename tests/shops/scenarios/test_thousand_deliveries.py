"""A thousand deliveries in random order, a tenth duplicated, while API threads and workers crash at random."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import aws, error_reports, messages
from chalicelib.shops.models import DeliveryStatus, EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.studio.models import Generation, GenerationType, Order
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.local import delivery
from infra.local.worker import HandlerFailed, Worker
from infra.sandbox.delivery import Webhook, send_all
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.shopify.webhooks import Family, header
from tests.retention.crash import hooked
from tests.shops.conftest import message_counts
from tests.shops.factories import BEGAN, seed
from tests.shops.scenarios.interleaved_shop import ThreadCrashed
from tests.studio.conftest import Gallery
from tests.timeouts import LIMIT, eventually

SEED = 20260329
SHOPS, APPS = 20, ("discounts", "studio")
FAMILIES: tuple[Family, ...] = ("webhooks", "events")
PRINTS = 40
DELIVERIES, DUPLICATES = 1000, 100
SENDERS = 8
API_CRASH_RATE = 0.02
"""The probability that a thread crashes at a relevant AWS call."""
WORKER_CRASHES = 5
"""How often the process of each queue is killed during its first MESSAGES_AT_LEAST messages."""
MESSAGES_AT_LEAST = 120
CALLS = {"shops-apply_webhook": 4, "studio-apply_order_change": 1}
"""The minimum number of AWS calls per message of a queue."""
TOPICS = {
    "orders/paid": "shops-order_paid",
    "orders/cancelled": "shops-order_cancelled",
    "refunds/create": "shops-refund_created",
}
LINES = [{"variant_id": 11, "product_id": 22, "quantity": 2, "price": "12.50", "properties": {}}]

Drain = Callable[[], list[dict[str, Any]]]
Installation = tuple[str, str]
"""A shop and an app."""


@dataclass(frozen=True)
class ShopEvent:
    """An event at Shopify with its webhook delivery."""

    topic: str
    installation: Installation
    payload: dict[str, Any]
    at: datetime
    webhook: Webhook

    @property
    def identity(self) -> str:
        """The id that deduplicates it: the newer header family has no event id."""
        return self.webhook.headers.get("X-Shopify-Event-Id") or header(self.webhook, "Webhook-Id")


class EventHistory:
    """Events of the shops, a second apart, in either header family."""

    def __init__(self, shopify: ShopifySandbox, chance: random.Random) -> None:
        self.shopify, self.chance = shopify, chance
        self.shop_events: list[ShopEvent] = []

    def add_event(
        self, installation: Installation, topic: str, payload: dict[str, Any], at: datetime | None = None
    ) -> None:
        shop, app = installation
        at = at or BEGAN + timedelta(days=1, seconds=len(self.shop_events))
        family = self.chance.choice(FAMILIES)
        webhook = self.shopify.webhook(app, shop, topic, payload, triggered_at=at, family=family)
        self.shop_events.append(ShopEvent(topic, installation, payload, at, webhook))

    def add_shop_events(self, installation: Installation, is_uninstalled: bool) -> None:
        """Add eight orders, half of them cancelled and half refunded, and changes of the shop's name.

        At the end the app is uninstalled, or a stale uninstall from before its installation is added.
        """
        shop, _ = installation
        for number in range(8):
            order = self.shopify.paid_order(shop, LINES)
            self.add_event(installation, "orders/paid", order)
            if number % 2:
                self.add_event(installation, "orders/cancelled", self.shopify.cancel_order(shop, order["id"]))
            else:
                refunds = self.shopify.refund_order(shop, order["id"], {order["line_items"][0]["id"]: 1})
                self.add_event(installation, "refunds/create", refunds)
        for number in range(7):
            self.add_event(
                installation, "shop/update", self.shopify.update_shop(shop, name=f"Name {number} of {installation}")
            )
        uninstalled_at = None if is_uninstalled else BEGAN - timedelta(days=1)
        self.add_event(installation, "app/uninstalled", self.shopify.update_shop(shop), uninstalled_at)

    def by_topic(self, topic: str) -> list[ShopEvent]:
        return [shop_event for shop_event in self.shop_events if shop_event.topic == topic]

    def webhooks_with_duplicates(self) -> list[Webhook]:
        """Return every webhook and some duplicates, half of them under a new delivery id."""
        duplicates = self.chance.sample([shop_event.webhook for shop_event in self.shop_events], DUPLICATES)
        return [shop_event.webhook for shop_event in self.shop_events] + [
            _with_new_delivery_id(each) if number % 2 else each for number, each in enumerate(duplicates)
        ]


def _with_new_delivery_id(webhook: Webhook) -> Webhook:
    if "X-Shopify-Event-Id" not in webhook.headers:
        return webhook
    return replace(webhook, headers={**webhook.headers, "X-Shopify-Webhook-Id": str(uuid.uuid4())})


@contextmanager
def crashing_api_threads() -> Iterator[list[str]]:
    """Crash API threads around the write, the publication and the response; yield the crashes.

    The report of a crash is published by a thread of its own, whose crash would fail no request: it is left alone.
    """
    crashes: list[str] = []

    def crash_at_random(moment: str) -> Callable[[], None]:
        chance = random.Random(f"{SEED} {moment}")  # the same calls of a kind crash in any thread

        def hook() -> None:
            if threading.current_thread().name != error_reports.THREAD_NAME and chance.random() < API_CRASH_RATE:
                crashes.append(moment)
                raise ThreadCrashed(moment)

        return hook

    with ExitStack() as hooks:
        for operation in ("TransactWriteItems", "Publish", "SendMessage"):
            for when in ("before-call", "after-call"):
                hooks.enter_context(hooked(when, operation, crash_at_random(f"{when} {operation}")))
        yield crashes


class CrashingConsumer:
    """Consumes a queue with a process that is killed during some batches, at a random AWS call."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer, self.chance = consumer, random.Random(f"{SEED} {consumer.name}")
        entry = f"tests.shops.crashing_handlers.{consumer.name.replace('-', '_')}"
        self.worker = Worker(replace(consumer, entry=entry, timeout=LIMIT))
        self.crash_after = sorted(self.chance.sample(range(MESSAGES_AT_LEAST), WORKER_CRASHES))
        """The message counts after which the process is killed."""
        self.message_count = self.crash_count = 0

    def run(self, stop: threading.Event) -> None:
        """Handle messages until `stop` is set."""
        try:
            while not stop.is_set():
                self._handle_batch()
        finally:
            self.worker.stop()

    def _handle_batch(self) -> None:
        batch = delivery.receive(self.consumer, wait_seconds=1)
        if batch:
            for message in delivery.deliver(self.consumer, batch, self._invoke):
                aws.client("sqs").change_message_visibility(
                    QueueUrl=messages.queue_url(self.consumer.queue),
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=0,
                )

    def _invoke(self, _: Consumer, event: dict[str, Any]) -> Any:
        batch, is_crash_due = event["Records"], self.crash_after and self.message_count >= self.crash_after[0]
        self.message_count += len(batch)
        if is_crash_due and all(int(each["attributes"]["ApproximateReceiveCount"]) <= 2 for each in batch):
            self.crash_after.pop(0)
            calls = len(batch) * CALLS[self.consumer.name]
            event["dies_at"] = [self.chance.randint(1, calls), self.chance.choice(["before-call", "after-call"])]
        try:
            return self.worker.invoke(event)
        except HandlerFailed:
            self.crash_count += 1
            raise


def deliver_until_accepted(webhooks: list[Webhook]) -> int:
    """Deliver the webhooks, retrying those without a 2xx as Shopify does; return the number of attempts."""
    attempts = 0
    while webhooks:
        deliveries = send_all(webhooks, order="shuffled", parallel=SENDERS, seed=SEED + attempts)
        attempts += len(deliveries)
        assert {each.status for each in deliveries} <= {200, 500}
        webhooks = [each.webhook for each in deliveries if not each.ok]
    return attempts


def are_queues_empty() -> bool:
    """Return whether all queues are empty, in flight messages included. Checks twice, as one queue feeds another."""
    counts = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    for queue in [*CALLS] * 2:
        response = aws.client("sqs").get_queue_attributes(QueueUrl=messages.queue_url(queue), AttributeNames=counts)
        if any(int(response["Attributes"][count]) for count in counts):
            return False
    return True


@pytest.fixture
def gallery(api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> Gallery:
    """A shop with a catalogue, whose orders are printed."""
    new_gallery = Gallery(api, shopify, drain)
    new_gallery.add_catalogue()
    assert drain() == []
    return new_gallery


@pytest.fixture
def history(shopify: ShopifySandbox, gallery: Gallery) -> EventHistory:
    """A history of a thousand events."""
    new_history = EventHistory(shopify, random.Random(SEED))
    installations = [(shop, app) for app in APPS for shop in seed(SHOPS, app, with_sessions=True)]
    for number, installation in enumerate(installations):
        new_history.add_shop_events(installation, is_uninstalled=number % 3 == 0)
    line_property = gallery.preview()["line_item_property"]
    for _ in range(PRINTS):
        new_history.add_event((gallery.shop, "studio"), "orders/paid", gallery.order(line_property))
    return new_history


@pytest.mark.slow
def test_every_effect_happens_once(history: EventHistory, gallery: Gallery, listen: Callable[..., Drain]) -> None:
    assert len(history.shop_events) == DELIVERIES
    read_messages = listen(*TOPICS.values(), "shops-shop_uninstalled", "shops-shop_updated")
    consumers = [CrashingConsumer(each) for each in handlers.consumers() if each.name in CALLS]
    stop = threading.Event()
    with ThreadPoolExecutor(len(consumers)) as pool, crashing_api_threads() as api_crashes:
        running = [pool.submit(each.run, stop) for each in consumers]
        try:
            attempts = deliver_until_accepted(history.webhooks_with_duplicates())
            eventually(lambda: are_queues_empty() or any(each.done() for each in running), "every message is handled")
        finally:
            stop.set()
        for each in running:
            each.result()
    assert attempts == DELIVERIES + DUPLICATES + len(api_crashes)
    assert len(set(api_crashes)) == 6
    assert {each.consumer.name: each.crash_count for each in consumers} == dict.fromkeys(CALLS, WORKER_CRASHES)
    for queue in CALLS:
        assert message_counts(queue) == message_counts(f"{queue}-dead") == (0, 0)
    delivery_ids = check_stored_deliveries(history)
    published = {message["message_id"]: message for message in read_messages()}
    check_orders(history, delivery_ids, published)
    check_installations(history, delivery_ids, published, gallery)
    check_prints(history, gallery)


def check_stored_deliveries(history: EventHistory) -> dict[str, str]:
    """Check that each event is stored once; return delivery ids by event identity."""
    rows = list(WebhookDelivery.scan(consistent_read=True))
    assert Counter(row.event_id or row.delivery_id for row in rows) == Counter(
        shop_event.identity for shop_event in history.shop_events
    )
    for row in rows:
        is_applied_by_shops = row.topic in ("app/uninstalled", "shop/update")
        assert row.status is (DeliveryStatus.PROCESSED if is_applied_by_shops else DeliveryStatus.RECEIVED)
    return {row.event_id or row.delivery_id: row.delivery_id for row in rows}


def check_orders(history: EventHistory, delivery_ids: dict[str, str], published: dict[str, dict[str, Any]]) -> None:
    """Check that exactly the order events were published, each under one id."""
    expected = {
        delivery_ids[shop_event.identity]: (*shop_event.installation, _order_of(shop_event))
        for topic in TOPICS
        for shop_event in history.by_topic(topic)
    }
    orders = {name: message for name, message in published.items() if "order_id" in message}
    assert {name: (each["shop"], each["app"], each["order_id"]) for name, each in orders.items()} == expected


def _order_of(shop_event: ShopEvent) -> str:
    return f"gid://shopify/Order/{shop_event.payload.get('order_id') or shop_event.payload['id']}"


def check_installations(
    history: EventHistory, delivery_ids: dict[str, str], published: dict[str, dict[str, Any]], gallery: Gallery
) -> None:
    """Check that the newest event decides each installation and that each uninstall is logged and published once."""
    newest = {shop_event.installation: shop_event for shop_event in history.by_topic("shop/update")}
    uninstalls = {
        shop_event.installation: shop_event
        for shop_event in history.by_topic("app/uninstalled")
        if shop_event.at > BEGAN
    }
    active = newest.keys() - uninstalls.keys()
    rows = {(row.shop, row.app): row for row in Shop.scan(consistent_read=True) if (row.shop, row.app) in newest}
    assert {installation for installation, row in rows.items() if row.is_active} == active
    assert {installation: row.uninstalled_at for installation, row in rows.items() if row.uninstalled_at} == {
        installation: shop_event.at for installation, shop_event in uninstalls.items()
    }
    assert {installation for installation, row in rows.items() if row.access_token} == active
    assert {installation: rows[installation].shop_name for installation in active} == {
        installation: newest[installation].payload["name"] for installation in active
    }
    assert {(row.shop, row.app) for row in Session.scan(consistent_read=True)} == active | {(gallery.shop, "studio")}
    logged = Counter((row.shop, row.app) for row in InstallationLog.scan() if row.event_type is EventType.UNINSTALL)
    assert logged == Counter(uninstalls.keys())
    uninstall_messages = Counter((each["shop"], each["app"]) for each in published.values() if "uninstalled_at" in each)
    assert uninstall_messages == Counter(uninstalls.keys())
    assert {delivery_ids[newest[installation].identity] for installation in active} <= published.keys()


def check_prints(history: EventHistory, gallery: Gallery) -> None:
    """Check that each paid order is stored and has one final."""
    paid_orders = Counter(
        _order_of(shop_event)
        for shop_event in history.by_topic("orders/paid")
        if shop_event.installation[0] == gallery.shop
    )
    assert len(paid_orders) == PRINTS
    assert Counter(row.shopify_order_id for row in Order.scan(consistent_read=True)) == paid_orders
    rows = [row for row in Generation.scan(consistent_read=True) if row.generation_type is GenerationType.FINAL]
    assert Counter(row.order_id for row in rows) == paid_orders
