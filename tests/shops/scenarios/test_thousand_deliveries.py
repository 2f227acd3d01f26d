"""A thousand deliveries, a tenth of them twice, in any order, while whoever handles them is killed at random."""

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

import httpx
import pytest

from chalicelib.kit import aws, messages
from chalicelib.shops.models import DeliveryStatus, EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.studio.models import Generation, GenerationType, Order
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.local import delivery
from infra.local.worker import HandlerFailed, Worker
from infra.sandbox.delivery import Webhook, send_all
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.shopify.webhooks import Family, header
from tests.patience import LIMIT, eventually
from tests.retention.crash import hooked
from tests.shops.conftest import waiting
from tests.shops.factories import BEGAN, seed
from tests.shops.scenarios.interleaved_shop import Died
from tests.studio.conftest import Gallery

SEED = 20260329
SHOPS, APPS = 20, ("discounts", "studio")
FAMILIES: tuple[Family, ...] = ("webhooks", "events")
PRINTS = 40
DELIVERIES, DUPLICATES = 1000, 100
SENDERS = 8
API_DEATHS = 0.02
"""The chance of each call to AWS that matters to be the last one of its thread."""
WORKER_DEATHS = 5
"""How often the process of each queue is killed, while it handles the first SEEN_AT_LEAST messages."""
SEEN_AT_LEAST = 120
CALLS = {"shops-apply_webhook": 4, "studio-apply_order_change": 1}
"""How many calls to AWS each of a queue's messages takes at least."""
TOPICS = {
    "orders/paid": "shops-order_paid",
    "orders/cancelled": "shops-order_cancelled",
    "refunds/create": "shops-refund_created",
}
LINES = [{"variant_id": 11, "product_id": 22, "quantity": 2, "price": "12.50", "properties": {}}]

Drain = Callable[[], list[dict[str, Any]]]
Place = tuple[str, str]
"""A shop and an app."""


@dataclass(frozen=True)
class Fact:
    """Something that happened at Shopify, with the delivery that tells of it."""

    topic: str
    place: Place
    payload: dict[str, Any]
    at: datetime
    webhook: Webhook

    @property
    def identity(self) -> str:
        """What it is on record by: the newer family of headers has no event id."""
        return self.webhook.headers.get("X-Shopify-Event-Id") or header(self.webhook, "Webhook-Id")


class History:
    """What happens in the shops, a second after the other, told in either family of headers."""

    def __init__(self, shopify: ShopifySandbox, chance: random.Random) -> None:
        self.shopify, self.chance = shopify, chance
        self.facts: list[Fact] = []

    def happens(self, place: Place, topic: str, payload: dict[str, Any], at: datetime | None = None) -> None:
        shop, app = place
        at = at or BEGAN + timedelta(days=1, seconds=len(self.facts))
        family = self.chance.choice(FAMILIES)
        webhook = self.shopify.webhook(app, shop, topic, payload, triggered_at=at, family=family)
        self.facts.append(Fact(topic, place, payload, at, webhook))

    def passes(self, place: Place, leaves: bool) -> None:
        """Eight orders, half of them cancelled and half refunded, and changes of the shop's name.

        The app may be removed in the end; if not, it is told that it was before it was installed the last time.
        """
        shop, _ = place
        for number in range(8):
            order = self.shopify.paid_order(shop, LINES)
            self.happens(place, "orders/paid", order)
            if number % 2:
                self.happens(place, "orders/cancelled", self.shopify.cancel_order(shop, order["id"]))
            else:
                refunds = self.shopify.refund_order(shop, order["id"], {order["line_items"][0]["id"]: 1})
                self.happens(place, "refunds/create", refunds)
        for number in range(7):
            self.happens(place, "shop/update", self.shopify.update_shop(shop, name=f"Name {number} of {place}"))
        left_at = None if leaves else BEGAN - timedelta(days=1)
        self.happens(place, "app/uninstalled", self.shopify.update_shop(shop), left_at)

    def of(self, topic: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.topic == topic]

    def parcels(self) -> list[Webhook]:
        """Every delivery, and some of them again: as they were, or under another delivery's id."""
        again = self.chance.sample([fact.webhook for fact in self.facts], DUPLICATES)
        return [fact.webhook for fact in self.facts] + [
            _under_another_id(each) if number % 2 else each for number, each in enumerate(again)
        ]


def _under_another_id(webhook: Webhook) -> Webhook:
    if "X-Shopify-Event-Id" not in webhook.headers:
        return webhook
    return replace(webhook, headers={**webhook.headers, "X-Shopify-Webhook-Id": str(uuid.uuid4())})


@contextmanager
def api_threads_that_die() -> Iterator[list[str]]:
    """Between the record, the message and the answer; tells of the deaths."""
    deaths: list[str] = []

    def may_die_at(moment: str) -> Callable[[], None]:
        chance = random.Random(f"{SEED} {moment}")  # the same calls of its kind, whichever thread makes them

        def hook() -> None:
            if chance.random() < API_DEATHS:
                deaths.append(moment)
                raise Died(moment)

        return hook

    with ExitStack() as hooks:
        for operation in ("TransactWriteItems", "Publish", "SendMessage"):
            for when in ("before-call", "after-call"):
                hooks.enter_context(hooked(when, operation, may_die_at(f"{when} {operation}")))
        yield deaths


class Consuming:
    """A queue's messages go to a process that is killed in the midst of some batches, wherever it is."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer, self.chance = consumer, random.Random(f"{SEED} {consumer.name}")
        entry = f"tests.shops.crashing_handlers.{consumer.name.replace('-', '_')}"
        self.worker = Worker(replace(consumer, entry=entry, timeout=LIMIT))
        self.doomed = sorted(self.chance.sample(range(SEEN_AT_LEAST), WORKER_DEATHS))
        """After how many messages it is killed."""
        self.seen = self.deaths = 0

    def run(self, is_over: threading.Event) -> None:
        """Handle what comes until that is over."""
        try:
            while not is_over.is_set():
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
        batch, is_doomed = event["Records"], self.doomed and self.seen >= self.doomed[0]
        self.seen += len(batch)
        if is_doomed and all(int(each["attributes"]["ApproximateReceiveCount"]) <= 2 for each in batch):
            self.doomed.pop(0)
            calls = len(batch) * CALLS[self.consumer.name]
            event["dies_at"] = [self.chance.randint(1, calls), self.chance.choice(["before-call", "after-call"])]
        try:
            return self.worker.invoke(event)
        except HandlerFailed:
            self.deaths += 1
            raise


def deliver_until_taken(parcels: list[Webhook]) -> int:
    """As Shopify does: what gets no 2xx is sent again as it was. How many attempts it took."""
    attempts = 0
    while parcels:
        deliveries = send_all(parcels, order="shuffled", parallel=SENDERS, seed=SEED + attempts)
        attempts += len(deliveries)
        assert {each.status for each in deliveries} <= {200, 500}
        parcels = [each.webhook for each in deliveries if not each.ok]
    return attempts


def are_empty() -> bool:
    """Whether no queue has a message, not even one that is being handled; looked at twice, for one makes another."""
    counts = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    for queue in [*CALLS] * 2:
        response = aws.client("sqs").get_queue_attributes(QueueUrl=messages.queue_url(queue), AttributeNames=counts)
        if any(int(response["Attributes"][count]) for count in counts):
            return False
    return True


@pytest.fixture
def gallery(api: httpx.Client, shopify: ShopifySandbox, drain: Drain) -> Gallery:
    """A shop whose orders are printed."""
    new_gallery = Gallery(api, shopify, drain)
    new_gallery.add_catalogue()
    assert drain() == []
    return new_gallery


@pytest.fixture
def history(shopify: ShopifySandbox, gallery: Gallery) -> History:
    """A thousand facts."""
    result = History(shopify, random.Random(SEED))
    places = [(shop, app) for app in APPS for shop in seed(SHOPS, app, with_sessions=True)]
    for number, place in enumerate(places):
        result.passes(place, leaves=number % 3 == 0)
    carrying = gallery.preview()["line_item_property"]
    for _ in range(PRINTS):
        result.happens((gallery.shop, "studio"), "orders/paid", gallery.order(carrying))
    return result


@pytest.mark.slow
def test_every_effect_happens_once(history: History, gallery: Gallery, listen: Callable[..., Drain]) -> None:
    assert len(history.facts) == DELIVERIES
    read_messages = listen(*TOPICS.values(), "shops-shop_uninstalled", "shops-shop_updated")
    consuming = [Consuming(each) for each in handlers.consumers() if each.name in CALLS]
    is_over = threading.Event()
    with ThreadPoolExecutor(len(consuming)) as pool, api_threads_that_die() as api_deaths:
        running = [pool.submit(each.run, is_over) for each in consuming]
        try:
            attempts = deliver_until_taken(history.parcels())
            eventually(lambda: are_empty() or any(each.done() for each in running), "every message is handled")
        finally:
            is_over.set()
        for each in running:
            each.result()
    assert attempts == DELIVERIES + DUPLICATES + len(api_deaths)
    assert len(set(api_deaths)) == 6
    assert {each.consumer.name: each.deaths for each in consuming} == dict.fromkeys(CALLS, WORKER_DEATHS)
    for queue in CALLS:
        assert waiting(queue) == waiting(f"{queue}-dead") == (0, 0)
    recorded = check_records(history)
    messages = {message["message_id"]: message for message in read_messages()}
    check_orders(history, recorded, messages)
    check_installations(history, recorded, messages, gallery)
    check_prints(history, gallery)


def check_records(history: History) -> dict[str, str]:
    """Each fact is on record once; the delivery's id by what identifies the fact."""
    rows = list(WebhookDelivery.scan(consistent_read=True))
    assert Counter(row.event_id or row.delivery_id for row in rows) == Counter(fact.identity for fact in history.facts)
    for row in rows:
        is_applied_here = row.topic in ("app/uninstalled", "shop/update")
        assert row.status is (DeliveryStatus.PROCESSED if is_applied_here else DeliveryStatus.RECEIVED)
    return {row.event_id or row.delivery_id: row.delivery_id for row in rows}


def check_orders(history: History, recorded: dict[str, str], told: dict[str, dict[str, Any]]) -> None:
    """What happened to orders was told, by one id each, and nothing else was."""
    expected = {
        recorded[fact.identity]: (*fact.place, _order_of(fact)) for topic in TOPICS for fact in history.of(topic)
    }
    orders = {name: message for name, message in told.items() if "order_id" in message}
    assert {name: (each["shop"], each["app"], each["order_id"]) for name, each in orders.items()} == expected


def _order_of(fact: Fact) -> str:
    return f"gid://shopify/Order/{fact.payload.get('order_id') or fact.payload['id']}"


def check_installations(
    history: History, recorded: dict[str, str], told: dict[str, dict[str, Any]], gallery: Gallery
) -> None:
    """Each app is where the newest fact of it says, and its end is logged and told once."""
    newest = {fact.place: fact for fact in history.of("shop/update")}
    left = {fact.place: fact for fact in history.of("app/uninstalled") if fact.at > BEGAN}
    here = newest.keys() - left.keys()
    rows = {(row.shop, row.app): row for row in Shop.scan(consistent_read=True) if (row.shop, row.app) in newest}
    assert {place for place, row in rows.items() if row.is_active} == here
    assert {place: row.uninstalled_at for place, row in rows.items() if row.uninstalled_at} == {
        place: fact.at for place, fact in left.items()
    }
    assert {place for place, row in rows.items() if row.access_token} == here
    assert {place: rows[place].shop_name for place in here} == {place: newest[place].payload["name"] for place in here}
    assert {(row.shop, row.app) for row in Session.scan(consistent_read=True)} == here | {(gallery.shop, "studio")}
    logged = Counter((row.shop, row.app) for row in InstallationLog.scan() if row.event_type is EventType.UNINSTALL)
    assert logged == Counter(left.keys())
    ends = Counter((each["shop"], each["app"]) for each in told.values() if "uninstalled_at" in each)
    assert ends == Counter(left.keys())
    assert {recorded[newest[place].identity] for place in here} <= told.keys()


def check_prints(history: History, gallery: Gallery) -> None:
    """Each paid order is on record, and has one final."""
    paid = Counter(_order_of(fact) for fact in history.of("orders/paid") if fact.place[0] == gallery.shop)
    assert len(paid) == PRINTS
    assert Counter(row.shopify_order_id for row in Order.scan(consistent_read=True)) == paid
    rows = [row for row in Generation.scan(consistent_read=True) if row.generation_type is GenerationType.FINAL]
    assert Counter(row.order_id for row in rows) == paid
