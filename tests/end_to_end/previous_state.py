"""The state of an earlier version, loaded into today's resources, with its clients and sandboxes.

A test module that defines FOLDER continues from another state than `previous_version`.

Our clock and the sandboxes' clocks start a minute after the state was written; each reading is a millisecond later.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from chalicelib.integrations.stripe import client as stripe_client
from chalicelib.kit import auth, aws, clock, config, messages
from chalicelib.kit.attributes import SecretAttribute
from chalicelib.kit.auth import Role
from infra.deploy import data_stack, handlers, renamed_queues
from infra.local.engine import Engine
from infra.local.schedules import event_of
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox
from tests import previous_version

FOLDER = Path(__file__).resolve().parents[1] / "data" / "previous_version"
Json = dict[str, Any]
Drain = Callable[[], list[Json]]


class Previous:
    """What clients of the version before hold (`values`), and what they do now."""

    def __init__(self, documents: Json, api: httpx2.Client, shopify: ShopifySandbox, stripe: StripeSandbox) -> None:
        self.values: Json = documents["values"]
        self.messages: dict[str, list[str]] = documents["messages"]
        self.rows: dict[str, list[Json]] = documents["rows"]
        self.api, self.shopify, self.stripe = api, shopify, stripe
        self.shop: str = self.values["shop"]

    def headers(self, who: str) -> dict[str, str]:
        """Return the authorization of `operator`, `merchant`, or a member by name."""
        if who == "merchant":
            return {"Authorization": f"Bearer {self.shopify.session_token('studio', self.shop)}"}
        role = {"operator": Role.OPERATOR, "store": Role.STORE_OWNER}.get(who, Role.MEMBER)
        return {"Authorization": f"Bearer {auth.mint(role, 'op' if who == 'operator' else self.values[who]['id'])}"}

    def call(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send a request; `shopper` calls through Shopify's app proxy."""
        if who == "shopper":
            path, credentials = self.shopify.proxy_url("studio", self.shop, path, customer_id=4711), {}
        else:
            credentials = self.headers(who)
        return self.api.request(method, path, json=body, headers=credentials | headers)

    def get(self, who: str, path: str) -> Any:
        """Return the body of a successful GET."""
        response = self.call(who, "GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def balance(self, who: str) -> int:
        """Return a member's credits."""
        return int(self.get(who, "/v1/billing/credits")["balance"])

    def move_messages(self) -> None:
        """Put the queued messages into queues with the old names, and move them as `make run` does."""
        for queue, bodies in self.messages.items():
            url = aws.client("sqs").create_queue(QueueName=data_stack.physical(queue))["QueueUrl"]
            for body in bodies:
                aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        assert renamed_queues.move_messages() == sum(map(len, self.messages.values()))

    def send(self, old_queue: str) -> None:
        """Put the messages of an old queue into its replacement, without the attribute that names their class."""
        url = messages.queue_url(renamed_queues.RENAMED[old_queue][0])
        for body in self.messages[old_queue]:
            aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)


def assert_same_rows(previous: Previous) -> None:
    """Check that today's models read every row and would write it with its old values."""
    models = {str(model.Meta.table_name): model for model in data_stack.models()}
    for name, items in previous.rows.items():
        model = models[data_stack.physical(name)]
        secrets = {each.attr_name for each in model.get_attributes().values() if isinstance(each, SecretAttribute)}
        for item in items:
            row = model.from_raw_data(item)
            for column in model.get_attributes():
                getattr(row, column)
            written = row.serialize()
            for column in item.keys() - secrets:
                assert written[column] == item[column], (name, column)


def fire(name: str, due: datetime) -> None:
    """Start a schedule's handler with EventBridge's event."""
    (schedule,) = (each for each in handlers.schedules() if each.name == name)
    handlers.chalice_app().handler_map[name](event_of(schedule, due), None)


class Clock:
    """The time for our code, PyJWT and the sandboxes."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def advance(self, **by: int) -> datetime:
        self.moment += timedelta(**by)
        return self.moment


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the state that the test continues from."""
    return Path(getattr(request.module, "FOLDER", FOLDER))


@pytest.fixture
def time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, a minute after the state was written."""
    values = json.loads((folder / "values.json").read_text())
    ticking = Clock(clock.parse(values["at"]) + timedelta(minutes=1))

    class OfAnyClass(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

    class Ticking(datetime, metaclass=OfAnyClass):
        @classmethod
        def now(cls, tz: Any = None) -> Self:
            return cls.fromtimestamp(ticking.moment.timestamp(), tz)

    monkeypatch.setattr(clock, "now", ticking.now)
    monkeypatch.setattr("jwt.api_jwt.datetime", Ticking)
    return ticking


@pytest.fixture
def sandboxes(
    time: Clock, folder: Path, tmp_path: Path, api_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ShopifySandbox, StripeSandbox]]:
    """Shopify and Stripe as the version before left them."""
    for name in ("shopify", "stripe"):
        plain, compressed = folder / f"{name}.json", folder / f"{name}.json.gz"
        data = plain.read_bytes() if plain.exists() else gzip.decompress(compressed.read_bytes())
        (tmp_path / f"{name}.json").write_text(data.decode().replace("<api>", api_url))
    seconds = lambda: time.now().timestamp()  # noqa: E731
    shopify = ShopifySandbox(
        app_base_url=api_url, state_file=tmp_path / "shopify.json", clock=seconds, session_seconds=3600
    )
    stripe = StripeSandbox(webhook_url=f"{api_url}/webhooks/stripe", state_file=tmp_path / "stripe.json", clock=seconds)
    with monkeypatch.context() as environment:
        environment.setenv("SHOPIFY_API_BASE", shopify.url)
        environment.setenv("STRIPE_API_BASE", stripe.url)
        environment.setenv("SECRETS_KEY_FILE", str(tmp_path / "secrets.key"))
        config.forget_settings()
        stripe_client.forget_client()
        shopify.start()
        stripe.start()
        yield shopify, stripe
        shopify.stop()
        stripe.stop()
    config.forget_settings()
    stripe_client.forget_client()


@pytest.fixture
def previous(
    engine: Engine, api: httpx2.Client, sandboxes: tuple[ShopifySandbox, StripeSandbox], folder: Path, tmp_path: Path
) -> Previous:
    """The state of the earlier version, loaded."""
    shopify, stripe = sandboxes
    urls = {
        "api": str(api.base_url).rstrip("/"),
        "shopify": shopify.url,
        "stripe": stripe.url,
        "aws": engine.endpoint_url,
    }
    documents = previous_version.load(folder, urls)
    (tmp_path / "secrets.key").write_text(json.dumps(documents["secrets"]))
    engine.waiting()
    return Previous(documents, api, shopify, stripe)
