"""The pump delivers like Lambda: partial failures, dead letters, and restarts of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from chalicelib.kit import aws, messages
from chalicelib.kit.jobs import QueueOptions
from infra.deploy import handlers
from infra.local import pump as pump_module
from infra.local.engine import Engine
from infra.local.pump import Pump
from infra.sandbox.shopify import ShopifySandbox
from tests.timeouts import LIMIT, eventually

SHOP = "pumped.myshopify.com"


@pytest.fixture
def pump(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pump]:
    monkeypatch.setattr(pump_module, "POLL_SECONDS", 1)
    monkeypatch.setattr(pump_module, "RETRY_SECONDS", (0,))
    running = Pump()
    running.start()
    yield running
    running.stop()


def _message_count(queue: str) -> int:
    response = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(response["Attributes"]["ApproximateNumberOfMessages"])


def _total_count(queue: str) -> int:
    """Return the number of messages, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    response = aws.client("sqs").get_queue_attributes(QueueUrl=messages.queue_url(queue), AttributeNames=names)
    return sum(int(response["Attributes"][name]) for name in names)


def _install(api: httpx2.Client, shopify: ShopifySandbox) -> None:
    response = api.get("/shopify/studio/auth", params={"shop": SHOP})
    callback = httpx2.get(response.headers["location"]).headers["location"]
    assert api.get(callback).status_code == 302


def test_a_poison_message_becomes_a_dead_letter_and_others_are_handled(
    api: httpx2.Client, shopify: ShopifySandbox, pump: Pump
) -> None:
    _install(api, shopify)
    eventually(lambda: len(shopify.webhook_subscriptions("studio", SHOP)) > 0)
    for _ in range(3):
        aws.client("sqs").send_message(QueueUrl=messages.queue_url("shops-apply_webhook"), MessageBody="poison")
    assert shopify.uninstall("studio", SHOP).ok
    eventually(lambda: _message_count("shops-apply_webhook-dead") == 3)

    def uninstalled() -> bool:
        rows = aws.client("dynamodb").scan(TableName="backroom-test-shops-shops")["Items"]
        return [row["is_active"]["BOOL"] for row in rows] == [False]

    eventually(uninstalled)


def test_a_killed_worker_is_restarted(api: httpx2.Client, shopify: ShopifySandbox, pump: Pump) -> None:
    _install(api, shopify)
    eventually(lambda: len(shopify.webhook_subscriptions("studio", SHOP)) > 0)
    first = pump.workers["shops-register_webhooks"].pid
    assert first is not None
    os.kill(first, 9)
    shopify.uninstall("studio", SHOP)
    _install(api, shopify)
    eventually(lambda: len(shopify.webhook_subscriptions("studio", SHOP)) > 0)
    assert pump.workers["shops-register_webhooks"].pid != first


@pytest.mark.parametrize(("declared", "here"), [(2, 1), (3, 2), (10, 2)])
def test_a_queue_has_two_workers_if_its_consumer_permits_them(declared: int, here: int) -> None:
    consumer = handlers.consumers()[0]
    options = replace(consumer.options, maximum_concurrency=declared)
    assert pump_module.concurrency(replace(consumer, options=options)) == here


def test_two_batches_are_handled_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = replace(
        handlers.consumers()[0],
        entry="tests.infra.local.sample_handlers.meet",
        batch_size=1,
        options=QueueOptions(maximum_concurrency=3),
    )
    monkeypatch.setattr(handlers, "consumers", lambda: [consumer])
    monkeypatch.setattr(handlers, "schedules", list)
    queue = messages.queue_url(consumer.queue)
    for _ in range(2):
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody=str(tmp_path))
    running = Pump()
    running.start()
    try:
        eventually(lambda: _total_count(consumer.queue) == 0)
    finally:
        running.stop()
    assert len(list(tmp_path.iterdir())) == 2


RESTART = """
import logging, os, sys
from pathlib import Path
from infra.local.engine import Engine
from tests.timeouts import eventually

state = Path(sys.argv[1])
engine = Engine.start(state / "aws")
os.environ.update(engine.environment, STAGE="test", SECRETS_KEY_FILE=str(state / "key"))
from chalicelib.kit import aws, messages
from chalicelib.kit.jobs import QueueOptions
from infra.deploy import handlers
from infra.local.provision import provision
from infra.local import pump as pump_module

provision()
pump_module.POLL_SECONDS = 1
pump_module.RETRY_SECONDS = (0,)
seen = []
listener = logging.Handler()
listener.emit = lambda record: seen.append(record.getMessage())
pump_module.log.addHandler(listener)
pump = pump_module.Pump()
pump.start()

def dead():
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url("shops-apply_webhook-dead"), AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])

def send_and_wait(total):
    aws.client("sqs").send_message(QueueUrl=messages.queue_url("shops-apply_webhook"), MessageBody="poison")
    eventually(lambda: dead() == total)
    return dead()

print(send_and_wait(1))
port = engine.port
engine.stop()
eventually(lambda: "queue does not respond; retrying" in seen)
engine = Engine.start(state / "aws", port)
print(send_and_wait(2))
pump.stop()
engine.stop()
"""


def test_the_pump_continues_after_an_engine_restart(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RESTART, str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT)
    numbers = [line for line in process.stdout.splitlines() if line.isdigit()]
    assert numbers == ["1", "2"], process.stderr[-2000:]
