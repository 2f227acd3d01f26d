"""The demo's clients: a browser, a storefront, Shopify and Stripe, each over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from infra.local.environment import HOST, Plan

SECONDS = 240
"""The time limit for a response or its effects, generous enough for a busy machine."""


class Wrong(AssertionError):
    """A step has an unexpected result; the message contains it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with the expected status."""

    status: int
    body: Any
    headers: httpx2.Headers


class World:
    """The HTTP clients of the API at `plan.api_url` and of the sandboxes."""

    def __init__(self, plan: Plan) -> None:
        self.api = httpx2.Client(base_url=plan.api_url, timeout=SECONDS)
        self.shopify = httpx2.Client(base_url=f"http://{HOST}:{plan.shopify_port}", timeout=SECONDS)
        self.stripe = httpx2.Client(base_url=f"http://{HOST}:{plan.stripe_port}", timeout=SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (self.api, self.shopify, self.stripe):
            client.close()

    def sandbox(self, client: httpx2.Client, path: str, /, **asked: Any) -> Any:
        """Send a control request to a sandbox and return the response body."""
        return self._checked(client.post(f"/sandbox/{path}", json=asked)).body

    def merchant(self, app: str, shop: str) -> Merchant:
        """Return the merchant of a shop, who uses the app with this handle."""
        return Merchant(self, app, shop)

    def bearer(self, token: str, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Send a request with a bearer token; a PUT has the current ETag as `If-Match`."""
        headers = {"Authorization": f"Bearer {token}"}
        if method == "PUT" and (tag := self.api.get(path, headers=headers).headers.get("etag")):
            headers["If-Match"] = tag
        return self._checked(self.api.request(method, path, json=body, headers=headers), expect).body

    def send(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Send a request without a credential and return the response body."""
        return self._checked(self.api.request(method, path, json=body), expect).body

    def shopper(
        self, shop: str, method: str, path: str, body: Any = None, *, customer: int, expect: int = 200, **params: str
    ) -> Any:
        """Send a request from the storefront through Shopify's app proxy."""
        asked = {"app": "studio", "shop": shop, "path": path, "customer_id": customer, "params": params}
        url = self.sandbox(self.shopify, "proxy", **asked)["url"]
        return self._checked(self.api.request(method, url, json=body), expect).body

    def _checked(self, response: httpx2.Response, expect: int = 200) -> Answer:
        is_json = "json" in response.headers.get("content-type", "")
        body = response.json() if is_json and response.content else response.content
        if response.status_code != expect:
            raise Wrong(
                f"{response.request.method} {response.request.url.path}: {response.status_code} instead of {expect}"
                f"\n{response.text[:500]}"
            )
        return Answer(response.status_code, body, response.headers)


def eventually(look: Callable[[], Any], what: str, seconds: float = SECONDS, pause: float = 0.1) -> Any:
    """Call `look` every `pause` seconds until it returns a true value, and return it. Raises Wrong after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise Wrong(f"{what}: timed out after {seconds:.0f} s")
        time.sleep(pause)
    return seen


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop's merchant, who uses one app in the admin."""

    world: World
    app: str
    shop: str

    def request(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Send a request with a new session token from Shopify; return the response body."""
        token = self.world.sandbox(self.world.shopify, "session-tokens", app=self.app, shop=self.shop)["token"]
        return self.world.bearer(token, method, path, body, expect)
