"""The Shopify stand-in: what Shopify does on its own side; what a merchant or shopper does there is in `Shops`."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.sandbox.delivery import Delivery, Order, Webhook
from infra.sandbox.server import Json, SandboxServer
from infra.sandbox.shopify import tokens
from infra.sandbox.shopify.admin import AdminAPI
from infra.sandbox.shopify.apps import API_VERSION, SANDBOX_APPS, App, new_shop, shop_payload
from infra.sandbox.shopify.control import Control
from infra.sandbox.shopify.deliveries import Deliveries, Parcel
from infra.sandbox.shopify.faults import Endpoint, Faults
from infra.sandbox.shopify.oauth import OAuth
from infra.sandbox.shopify.orders import numeric_id
from infra.sandbox.shopify.payloads import PRIVACY_TOPICS
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
    "deliveries": [],
    "outbox": [],
    "failed": {},
}


class ShopifySandbox(Shops, SandboxServer):
    """`app_base_url` is where our API listens; it may be set later. Raises `OSError` when the port is taken."""

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
        self._faults = Faults()
        self._throttle = Throttle(bucket_size, restore_rate, clock)
        self.storefront = Storefront(self)
        oauth = OAuth(self._state, self.apps, self._faults, clock)
        admin = AdminAPI(self._state, self._throttle, self._faults, clock)
        self._topics = admin.topics
        SandboxServer.__init__(
            self, port, [*Control(self).routes, *self.storefront.routes, *oauth.routes, *admin.routes]
        )

    # What the admin and the storefront hand to our API.

    def session_token(
        self, app: str, shop: str, *, user_id: int = 1, lifetime: int | None = None, **claims: Any
    ) -> str:
        """As App Bridge gives it, for `lifetime` seconds; `claims` replace its own, None leaves one out."""
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
        """The query string of a proxied call with these parameters, signature included."""
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
        """Where a storefront call to `/apps/{app}/{path}` reaches us; a visitor without login has an empty customer id."""
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
        """Signed, not sent; to the app's own address and triggered now unless told otherwise."""
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
        """Signs and sends once, subscribed or not; never held nor retried. Options as for `webhook`."""
        return self._deliveries.send(self.webhook(app, shop, topic, payload, **options))

    def redeliver(self, earlier: Delivery | str) -> Delivery:
        """The same ids and bytes again, for a delivery or a webhook id. Raises `KeyError` when it is not on record."""
        return self._deliveries.send(
            earlier.webhook if isinstance(earlier, Delivery) else self._deliveries.find(earlier)
        )

    def deliveries(self) -> list[Json]:
        """The latest attempts, oldest first."""
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
        """One event, to each subscription of the shop's apps to that topic, or of `app` alone; held while
        `hold_deliveries` is set, and retried by `retry_failed`.

        Privacy topics and app/uninstalled need no subscription but an `app`. Options as for `webhook`. Raises
        `ValueError` for a topic that Shopify has not, or without an app where one is needed.
        """
        event_id = event_id or str(uuid.uuid4())
        parcels = [
            Parcel(self.webhook(to, shop, topic, payload, event_id=event_id, url=url, **options), subscription)
            for to, url, subscription in self._addresses(shop, topic, app)
        ]
        return self._deliveries.dispatch(parcels)

    @property
    def hold_deliveries(self) -> bool:
        """While set, what `emit` and `uninstall` send waits for `flush`."""
        return self._deliveries.hold

    @hold_deliveries.setter
    def hold_deliveries(self, hold: bool) -> None:
        self._deliveries.hold = hold

    def flush(
        self, order: Order = "in_order", *, copies: float = 1, parallel: int = 1, seed: int = 0
    ) -> list[Delivery]:
        """Sends what is held, in the manner of `infra.sandbox.delivery.send_all`."""
        return self._deliveries.flush(order=order, copies=copies, parallel=parallel, seed=seed)

    def retry_failed(self, shop: str | None = None) -> list[Delivery]:
        """Sends what got no 2xx once more, headers and body as they were; of one shop or of all.

        After 8 retries in vain it is given up, and the subscription that it was sent for deleted.
        """
        return self._deliveries.retry(shop)

    # What Shopify does on its own side, and for a merchant who leaves.

    def uninstall(self, app: str, shop: str, **options: Any) -> Delivery:
        """The merchant removes the app: tokens and subscriptions end, then app/uninstalled goes out, as by `emit`."""
        with self._state.change() as data:
            tokens.revoke(data, app, shop)
            data["scopes"].pop(f"{app}/{shop}", None)
            data["removed_at"][f"{app}/{shop}"] = self._clock()
            data["subscriptions"] = {
                id_: row for id_, row in data["subscriptions"].items() if (row["app"], row["shop"]) != (app, shop)
            }
            payload = shop_payload(shop, data["shops"].setdefault(shop, new_shop(shop)))
        return self.emit(shop, "app/uninstalled", payload, app=app, **options)[0]

    def expire_access_token(self, app: str, shop: str) -> None:
        """As if the hour were over; the refresh token still works."""
        with self._state.change() as data:
            for token in data["access_tokens"].values():
                if (token["app"], token["shop"]) == (app, shop):
                    token["expires_at"] = self._clock()

    def revoke_tokens(self, app: str, shop: str) -> None:
        """Ends access and refresh tokens without telling anybody."""
        with self._state.change() as data:
            tokens.revoke(data, app, shop)

    def webhook_subscriptions(self, app: str, shop: str) -> list[Json]:
        """What the app registered by API in that shop."""
        rows = self._state.read("subscriptions").values()
        return [row for row in rows if (row["app"], row["shop"]) == (app, shop)]

    def drain_bucket(self, app: str, shop: str, *, hold_seconds: float = 0) -> None:
        """Takes every point of the app in that shop, as its other workers might, for `hold_seconds` more."""
        self._throttle.drain(app, shop, hold_seconds)

    def refill_bucket(self, app: str, shop: str) -> None:
        """Gives every point back."""
        self._throttle.refill(app, shop)

    def fail_next(
        self, n: int, status: int = 503, *, retry_after: float | None = None, endpoint: Endpoint = "admin"
    ) -> None:
        """The next `n` calls of the Admin API, or of the token endpoint, fail with `status`, from any shop; 0 ends it.

        `retry_after` is the header's value in seconds.
        """
        self._faults.fail_next(n, status, retry_after, endpoint)

    def lose_answers(self, n: int) -> None:
        """The next `n` grants take place, but the connection closes before the app has its token; 0 ends it."""
        self._faults.arrange("lost_answer", n)

    def answer_without_expires_in(self, n: int = 1) -> None:
        """The next `n` grants do not say when the access token ends, which it does all the same; 0 ends it."""
        self._faults.arrange("no_expires_in", n)

    def _addresses(self, shop: str, topic: str, app: str | None) -> list[tuple[str, str | None, str | None]]:
        if topic in (*PRIVACY_TOPICS, "app/uninstalled"):
            if app is None:
                raise ValueError(f"{topic} goes to one app: say which")
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
            raise ValueError("set app_base_url first: the sandbox does not know where the app listens")
        return self.app_base_url.rstrip("/")
