"""Fixtures of the sandbox peers: each test has its own, and an app of its own that records what it is sent."""

from collections.abc import Iterator

import httpx
import pytest

from infra.sandbox.server import Request, Response, Route, SandboxServer
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Receiver(SandboxServer):
    """Our side of a webhook: says `status` and keeps what came."""

    def __init__(self) -> None:
        self.status = 200
        paths = ("/webhooks/shopify/{app}", "/webhooks/stripe")
        super().__init__(0, [Route("POST", path, self._receive) for path in paths])

    def _receive(self, _: Request, **names: str) -> Response:
        return Response(self.status, b"noted")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def shopify(clock: Clock, receiver: Receiver) -> Iterator[ShopifySandbox]:
    with ShopifySandbox(app_base_url=receiver.url, clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def stripe_sandbox(clock: Clock, receiver: Receiver) -> Iterator[StripeSandbox]:
    with StripeSandbox(webhook_url=f"{receiver.url}/webhooks/stripe", clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client
