"""Fixtures of the sandboxes: each test has its own, and a receiver that records requests."""

from collections.abc import Iterator

import httpx2
import pytest

from infra.sandbox.server import Request, Response, Route, SandboxServer
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox

SHOP = "sunny.myshopify.com"
CREATE = """
mutation ($topic: WebhookSubscriptionTopic!, $input: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $input) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}
"""


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Admin:
    """A client of the Admin API with a token for one app in `SHOP`."""

    def __init__(self, sandbox: ShopifySandbox, http: httpx2.Client, app: str = "studio") -> None:
        self.url, self._http = f"{sandbox.url}/{SHOP}/admin/api/2026-10/graphql.json", http
        app_config = sandbox.apps[app]
        response = http.post(
            f"{sandbox.url}/{SHOP}/admin/oauth/access_token",
            json={
                "client_id": app_config.key,
                "client_secret": app_config.secret,
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": sandbox.session_token(app, SHOP),
                "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
                "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
                "expiring": "1",
            },
        )
        self.token = response.json()["access_token"]

    def post(self, query: str, /, **variables: object) -> httpx2.Response:
        body = {"query": query, "variables": variables}
        return self._http.post(self.url, json=body, headers={"X-Shopify-Access-Token": self.token})

    def call(self, query: str, /, **variables: object) -> dict:
        response = self.post(query, **variables)
        assert response.status_code == 200
        body: dict = response.json()
        return body

    def subscribe(self, topic: str, uri: str) -> str:
        """Create a webhook subscription; return its id."""
        created_subscription = self.call(CREATE, topic=topic, input={"uri": uri})["data"]["webhookSubscriptionCreate"]
        assert created_subscription["userErrors"] == []
        subscription: str = created_subscription["webhookSubscription"]["id"]
        return subscription


class Receiver(SandboxServer):
    """A webhook receiver: responds with `status` and records the requests."""

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
def admin(shopify: ShopifySandbox, http: httpx2.Client) -> Admin:
    return Admin(shopify, http)


@pytest.fixture
def stripe_sandbox(clock: Clock, receiver: Receiver) -> Iterator[StripeSandbox]:
    with StripeSandbox(webhook_url=f"{receiver.url}/webhooks/stripe", clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client() as client:
        yield client
