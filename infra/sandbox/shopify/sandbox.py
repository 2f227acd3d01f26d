"""The Shopify sandbox: tokens, webhooks, faults.

The actions of merchants and shoppers are in `Shops`.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.sandbox.delivery import Delivery, Order, Webhook
from infra.sandbox.operation_faults import OperationFaults
from infra.sandbox.server import Json, Request, Response, SandboxServer
from infra.sandbox.shopify import tokens
from infra.sandbox.shopify.admin import AdminAPI
from infra.sandbox.shopify.admin_pages import AdminPages
from infra.sandbox.shopify.apps import API_VERSION, SANDBOX_APPS, App, new_shop, shop_payload
from infra.sandbox.shopify.control import Control
from infra.sandbox.shopify.deliveries import Deliveries, Parcel
from infra.sandbox.shopify.discount_nodes import foreign_discount
from infra.sandbox.shopify.faults import Endpoint, ShopifyFaults
from infra.sandbox.shopify.oauth import OAuth
from infra.sandbox.shopify.operations import ENDPOINTS, error_body, operations_of
from infra.sandbox.shopify.orders import numeric_id
from infra.sandbox.shopify.payloads import PRIVACY_TOPICS
from infra.sandbox.shopify.renames import redirect_to_current
from infra.sandbox.shopify.shops import Shops
from infra.sandbox.shopify.signing import encode_jwt, proxy_signature
from infra.sandbox.shopify.storefront import Storefront
from infra.sandbox.shopify.throttle import Throttle
from infra.sandbox.shopify.webhooks import Family, build_webhook, timestamp
from infra.sandbox.state import State

EMPTY: Json = {
    "sequence": 0,
    "shops": {},
    "codes": {},
    "access_tokens": {},
    "refresh_tokens": {},
    "scopes": {},
    "removed_at": {},
    "subscriptions": {},
    "orders": {},
    "products": {},
    "discounts": {},
    "deliveries": [],
    "outbox": [],
    "failed": {},
    "web_pixels": {},
    "unavailable": {},
    "refused_topics": {},
    "renamed": {},
}


class ShopifySandbox(Shops, SandboxServer):
    """The Shopify sandbox; `app_base_url`, the base URL of our API, can be set later.

    Raises `OSError` if the port is in use.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        apps: Mapping[str, App] = SANDBOX_APPS,
        app_base_url: str | None = None,
        state_file: Path | None = None,
        clock: Callable[[], float] = time.time,
        bucket_size: float = 2000.0,
        restore_rate: float = 100.0,
        session_seconds: int = 60,
    ) -> None:
        Shops.__init__(self, State(state_file, EMPTY), apps, clock)
        self.app_base_url = app_base_url
        self._session_seconds = session_seconds
        self._deliveries = Deliveries(self._state)
        self._faults = ShopifyFaults()
        self._throttle = Throttle(bucket_size, restore_rate, clock)
        self.operation_faults = OperationFaults(lambda name: name in ENDPOINTS or name in admin.root_fields, error_body)
        self.storefront = Storefront(self)
        oauth = OAuth(self._state, self.apps, self._faults, clock)
        admin = AdminAPI(self._state, self._throttle, self._faults, clock)
        self._topics = admin.topics
        SandboxServer.__init__(
            self,
            port,
            [
                *Control(self).routes,
                *self.operation_faults.routes,
                *AdminPages(self).routes,
                *oauth.routes,
                *admin.routes,
                *self.storefront.routes,
            ],
        )

    def snapshot(self) -> Json:
        """Return a copy of what Shopify stores, for `restore`."""
        return self._state.snapshot()

    def restore(self, snapshot: Json) -> None:
        """Return to an earlier state, with empty carts and full rate limit buckets."""
        self._state.restore(snapshot)
        self._throttle.refill_all()
        self.storefront.empty_carts()

    def answer(self, request: Request) -> Response:
        """Respond to a request; with an error if its operation has a fault."""
        operations = operations_of(request)
        failure = self.operation_faults.failure(operations) if operations else None
        if failure is not None:
            self.requests.append(request)
        return failure or redirect_to_current(self._state, request) or super().answer(request)

    # Signed requests of the admin and the storefront to our API.

    def session_token(
        self, app: str, shop: str, *, user_id: int = 1, lifetime: int | None = None, **claims: Any
    ) -> str:
        """Issue a session token, valid for `lifetime` seconds. `claims` override its claims; None omits a claim."""
        exactly = self._clock()
        now = int(exactly)
        own = {
            "iss": f"https://{shop}/admin",
            "dest": f"https://{shop}",
            "aud": self.apps[app].key,
            "sub": str(user_id),
            "exp": now + (self._session_seconds if lifetime is None else lifetime),
            "nbf": now,
            "iat": now,
            "jti": f"{round(exactly * 1_000_000):x}-{user_id:x}",
            "sid": f"sandbox-{user_id:x}",
        }
        kept = {name: value for name, value in {**own, **claims}.items() if value is not None}
        return encode_jwt(kept, self.apps[app].secret)

    def sign_proxy(self, app: str, params: Mapping[str, str | Sequence[str]]) -> str:
        """Return the query string of an app proxy request with these parameters and their signature."""
        signature = proxy_signature(params, self.apps[app].secret)
        return urlencode([*params.items(), ("signature", signature)], doseq=True)

    def proxy_url(
        self,
        app: str,
        shop: str,
        path: str,
        params: Mapping[str, str | Sequence[str]] | None = None,
        *,
        customer_id: int | str | None = None,
        path_prefix: str | None = None,
        timestamp: int | None = None,
    ) -> str:
        """Return the signed URL at which the storefront request `/apps/{app}/{path}` reaches our API.

        The customer id is empty for a guest.
        """
        query = self.sign_proxy(
            app,
            {
                **(params or {}),
                "shop": shop,
                "logged_in_customer_id": "" if customer_id is None else str(numeric_id(customer_id)),
                "path_prefix": path_prefix or f"/apps/{app}",
                "timestamp": str(int(self._clock()) if timestamp is None else timestamp),
            },
        )
        return f"{self._target()}/proxy/{app}/{path.lstrip('/')}?{query}"

    # Webhooks.

    def webhook(
        self,
        app: str,
        shop: str,
        topic: str,
        payload: Any,
        *,
        url: str | None = None,
        webhook_id: str | None = None,
        event_id: str | None = None,
        triggered_at: datetime | str | None = None,
        family: Family = "webhooks",
        api_version: str = API_VERSION,
    ) -> Webhook:
        """Build a signed webhook without sending it; by default for the app's webhook URL and triggered now."""
        at = triggered_at if triggered_at is not None else datetime.fromtimestamp(self._clock(), UTC)
        return build_webhook(
            url or f"{self._target()}/webhooks/shopify/{app}",
            self.apps[app],
            shop,
            topic,
            payload,
            triggered_at=at if isinstance(at, str) else timestamp(at.astimezone(UTC)),
            webhook_id=webhook_id,
            event_id=event_id,
            family=family,
            api_version=api_version,
        )

    def deliver(self, app: str, shop: str, topic: str, payload: Any, **options: Any) -> Delivery:
        """Sign a webhook and send it once, with or without a subscription.

        It is never held or retried. The options are those of `webhook`.
        """
        return self._deliveries.send(self.webhook(app, shop, topic, payload, **options))

    def redeliver(self, earlier: Delivery | str) -> Delivery:
        """Send a delivery or webhook id again, with the same headers and body.

        Raises `KeyError` if the webhook id is not in the log.
        """
        return self._deliveries.send(
            earlier.webhook if isinstance(earlier, Delivery) else self._deliveries.find(earlier)
        )

    def deliveries(self) -> list[Json]:
        """Return the latest attempts, oldest first."""
        return self._deliveries.log()

    def emit(
        self,
        shop: str,
        topic: str,
        payload: Any,
        event_id: str | None = None,
        *,
        app: str | None = None,
        **options: Any,
    ) -> list[Delivery]:
        """Send one event to each subscription of the shop's apps to the topic, or of `app` only.

        While `hold_deliveries` is set, the webhooks are held. `retry_failed` retries them. Privacy topics and
        app/uninstalled need an `app` and no subscription. The options are those of `webhook`. Raises `ValueError` if
        the topic is unknown or needs an `app`.
        """
        event_id = event_id or str(uuid.uuid4())
        parcels = [
            Parcel(self.webhook(to, shop, topic, payload, event_id=event_id, url=url, **options), subscription)
            for to, url, subscription in self._addresses(shop, topic, app)
        ]
        return self._deliveries.dispatch(parcels)

    @property
    def hold_deliveries(self) -> bool:
        """Whether the webhooks of `emit` and `uninstall` are held until `flush`."""
        return self._deliveries.hold

    @hold_deliveries.setter
    def hold_deliveries(self, hold: bool) -> None:
        self._deliveries.hold = hold

    def flush(
        self, order: Order = "in_order", *, copies: float = 1, parallel: int = 1, seed: int = 0
    ) -> list[Delivery]:
        """Send the held webhooks; the options are those of `infra.sandbox.delivery.send_all`."""
        return self._deliveries.flush(order=order, copies=copies, parallel=parallel, seed=seed)

    def retry_failed(self, shop: str | None = None) -> list[Delivery]:
        """Retry the deliveries without a 2xx response, of one shop or of all shops.

        Headers and body are the original ones. After 8 failed retries the delivery is dropped and its subscription
        deleted.
        """
        return self._deliveries.retry(shop)

    # Uninstallation, tokens, rate limits and faults.

    def uninstall(self, app: str, shop: str, *, keeps_discounts: bool = False, **options: Any) -> Delivery:
        """Uninstall the app: revoke its tokens, delete its subscriptions and discounts, and emit app/uninstalled.

        Shopify documents the subscriptions only. Vendors report that discounts of functions end and do not come back
        (https://pifyappdemo.myshopify.com/blogs/faqs-5/what-happens-to-storefront-blocks-and-discounts-after-uninstalling-early-bird);
        `keeps_discounts` leaves them for the next installation.
        """
        with self._state.change() as data:
            tokens.revoke(data, app, shop)
            data["web_pixels"].pop(f"{app}/{shop}", None)
            data["scopes"].pop(f"{app}/{shop}", None)
            data["removed_at"][f"{app}/{shop}"] = self._clock()
            data["subscriptions"] = {
                id_: row for id_, row in data["subscriptions"].items() if (row["app"], row["shop"]) != (app, shop)
            }
            if not keeps_discounts:
                rows = data.get("discounts", {})
                data["discounts"] = {key: row for key, row in rows.items() if (row["app"], row["shop"]) != (app, shop)}
            payload = shop_payload(shop, data["shops"].setdefault(shop, new_shop(shop)))
        return self.emit(shop, "app/uninstalled", payload, app=app, **options)[0]

    def expire_access_token(self, app: str, shop: str) -> None:
        """Expire the access tokens now; the refresh token stays valid."""
        with self._state.change() as data:
            for token in data["access_tokens"].values():
                if (token["app"], token["shop"]) == (app, shop):
                    token["expires_at"] = self._clock()

    def revoke_tokens(self, app: str, shop: str) -> None:
        """Revoke access and refresh tokens without a webhook."""
        with self._state.change() as data:
            tokens.revoke(data, app, shop)

    def webhook_subscriptions(self, app: str, shop: str) -> list[Json]:
        """Return the subscriptions that the app created by API in the shop."""
        rows = self._state.read("subscriptions").values()
        return [row for row in rows if (row["app"], row["shop"]) == (app, shop)]

    def discounts(self, shop: str) -> list[Json]:
        """Return the discounts of a shop, those of every app and of the merchant."""
        return [row for row in self._state.read("discounts").values() if row["shop"] == shop]

    def add_foreign_discount(self, shop: str, title: str, code: str | None = None) -> str:
        """Create an active discount as a merchant does in the admin; return its id."""
        now = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        with self._state.change() as data:
            data["sequence"] += 1
            row = foreign_discount(shop, 1_400_000_000_000 + data["sequence"], title, code, now)
            data.setdefault("discounts", {})[row["id"]] = row
        return str(row["id"])

    def change_discount(self, node_id: str, **fields: Any) -> None:
        """Change a discount as a merchant does in the admin; without fields, delete it."""
        with self._state.change() as data:
            if fields:
                data["discounts"][node_id] |= fields
            else:
                del data["discounts"][node_id]

    def drain_bucket(self, app: str, shop: str, *, hold_seconds: float = 0) -> None:
        """Empty the app's rate-limit bucket in the shop; it restores points only after `hold_seconds`."""
        self._throttle.drain(app, shop, hold_seconds)

    def refill_bucket(self, app: str, shop: str) -> None:
        """Fill the app's rate-limit bucket in the shop."""
        self._throttle.refill(app, shop)

    def fail_next(
        self, n: int, status: int = 503, *, retry_after: float | None = None, endpoint: Endpoint = "admin"
    ) -> None:
        """Fail the next `n` calls of the Admin API or the token endpoint, of any shop, with `status`; 0 ends the fault.

        `retry_after` is the value of the header `Retry-After` in seconds.
        """
        self._faults.fail_next(n, status, retry_after, endpoint)

    def lose_answers(self, n: int) -> None:
        """Close the connection after the next `n` grants, before the response with the token; 0 ends the fault."""
        self._faults.arrange("lost_answer", n)

    def answer_without_expires_in(self, n: int = 1) -> None:
        """Omit `expires_in` from the next `n` grants; the tokens still expire. 0 ends the fault."""
        self._faults.arrange("no_expires_in", n)

    def freeze_shop(self, shop: str, status: int = 402) -> None:
        """Respond to every call for the shop with `status` (402, 403, 404 or 423) until `unfreeze_shop`."""
        with self._state.change() as data:
            data["unavailable"][shop] = status

    def unfreeze_shop(self, shop: str) -> None:
        """End `freeze_shop`; the shop's tokens and subscriptions are unchanged."""
        with self._state.change() as data:
            data["unavailable"].pop(shop, None)

    def refuse_topics(self, app: str, topics: Sequence[str], shop: str = "") -> None:
        """Refuse new subscriptions of the app to these topics, as if they contained protected customer data.

        Without `shop`, this applies to every shop. A repeated call replaces the topics.
        """
        with self._state.change() as data:
            data["refused_topics"][f"{app}/{shop}"] = list(topics)

    def web_pixel(self, app: str, shop: str) -> Json | None:
        """Return the settings of the app's web pixel in the shop, or None if it has none."""
        row = self._state.read("web_pixels").get(f"{app}/{shop}")
        return json.loads(row["settings"]) if row else None

    def _addresses(self, shop: str, topic: str, app: str | None) -> list[tuple[str, str | None, str | None]]:
        if topic in (*PRIVACY_TOPICS, "app/uninstalled"):
            if app is None:
                raise ValueError(f"{topic} needs an app")
            return [(app, None, None)]
        name = topic.replace("/", "_").upper()
        if name not in self._topics:
            raise ValueError(f"the sandbox has no topic {topic}")
        return [
            (row["app"], row["uri"], row["id"])
            for row in self._state.read("subscriptions").values()
            if (row["shop"], row["topic"]) == (shop, name) and app in (None, row["app"])
        ]

    def _target(self) -> str:
        if self.app_base_url is None:
            raise ValueError("app_base_url is not set; the sandbox does not know the URL of the app")
        return self.app_base_url.rstrip("/")
