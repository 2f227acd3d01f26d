"""The Shopify stand-in: what Shopify does on its own side, and what a merchant or shopper does there."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.sandbox.delivery import Delivery, Webhook, send
from infra.sandbox.server import Json, SandboxServer
from infra.sandbox.shopify import tokens
from infra.sandbox.shopify.admin import AdminAPI
from infra.sandbox.shopify.apps import API_VERSION, SANDBOX_APPS, App, new_shop, shop_payload
from infra.sandbox.shopify.control import Control
from infra.sandbox.shopify.oauth import OAuth
from infra.sandbox.shopify.orders import build_paid_order, numeric_id
from infra.sandbox.shopify.signing import encode_jwt, proxy_signature
from infra.sandbox.shopify.throttle import Throttle
from infra.sandbox.shopify.webhooks import Family, build_webhook, from_row, timestamp, to_row
from infra.sandbox.state import State

DELIVERIES_KEPT = 500
EMPTY: Json = {
    "sequence": 0,
    "shops": {},
    "codes": {},
    "access_tokens": {},
    "refresh_tokens": {},
    "subscriptions": {},
    "orders": {},
    "deliveries": [],
}


class ShopifySandbox(SandboxServer):
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
    ) -> None:
        self.apps = dict(apps)
        self.app_base_url = app_base_url
        self._clock = clock
        self._state = State(state_file, EMPTY)
        oauth = OAuth(self._state, self.apps, clock)
        admin = AdminAPI(self._state, Throttle(bucket_size, restore_rate, clock), clock)
        super().__init__(port, [*Control(self).routes, *oauth.routes, *admin.routes])

    # What the admin and the storefront hand to our API.

    def session_token(self, app: str, shop: str, *, user_id: int = 1, lifetime: int = 60, **claims: Any) -> str:
        """As App Bridge gives it; `claims` replace its own, None leaves one out."""
        now = int(self._clock())
        own = {
            "iss": f"https://{shop}/admin",
            "dest": f"https://{shop}",
            "aud": self.apps[app].key,
            "sub": str(user_id),
            "exp": now + lifetime,
            "nbf": now,
            "iat": now,
            "jti": f"{now:x}-{user_id:x}",
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
        webhook_id: str | None = None,
        event_id: str | None = None,
        triggered_at: datetime | str | None = None,
        family: Family = "webhooks",
        api_version: str = API_VERSION,
    ) -> Webhook:
        """Signed, not sent; `triggered_at` is now unless given."""
        at = triggered_at if triggered_at is not None else datetime.fromtimestamp(self._clock(), UTC)
        return build_webhook(
            self._target(),
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
        """Signs and sends once; options as for `webhook`."""
        return self._send(self.webhook(app, shop, topic, payload, **options))

    def redeliver(self, earlier: Delivery | str) -> Delivery:
        """The same ids and bytes again, for a delivery or a webhook id. Raises `KeyError` when it is not on record."""
        if isinstance(earlier, Delivery):
            return self._send(earlier.webhook)
        rows = [row for row in self.deliveries() if row["webhook_id"] == earlier]
        if not rows:
            raise KeyError(earlier)
        return self._send(from_row(rows[-1]))

    def deliveries(self) -> list[Json]:
        """The latest attempts, oldest first."""
        rows: list[Json] = self._state.read("deliveries")
        return rows

    # What happens in a shop.

    def paid_order(
        self,
        shop: str,
        lines: Sequence[Mapping[str, Any]],
        *,
        customer_id: int | str | None = None,
        currency: str = "USD",
    ) -> Json:
        """A shopper pays; the payload of orders/paid, not delivered. Lines as in `build_paid_order`."""
        with self._state.change() as data:
            placed_at = datetime.fromtimestamp(self._clock(), UTC)
            number = len(data["orders"]) + 1
            order = build_paid_order(
                shop, number, lines, customer_id=customer_id, currency=currency, placed_at=placed_at
            )
            data["orders"][order["admin_graphql_api_id"]] = {"shop": shop, "payload": order}
        return order

    def uninstall(self, app: str, shop: str, **options: Any) -> Delivery:
        """The merchant removes the app: tokens and subscriptions end, then app/uninstalled goes out."""
        with self._state.change() as data:
            tokens.revoke(data, app, shop)
            data["subscriptions"] = {
                id_: row for id_, row in data["subscriptions"].items() if (row["app"], row["shop"]) != (app, shop)
            }
            payload = shop_payload(shop, data["shops"].setdefault(shop, new_shop(shop)))
        return self.deliver(app, shop, "app/uninstalled", payload, **options)

    def set_shop(self, shop: str, **details: Any) -> None:
        """Changes what `shop` answers: name, email, currency, iana_timezone, plan_display_name."""
        with self._state.change() as data:
            data["shops"].setdefault(shop, new_shop(shop)).update(details)

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

    def _target(self) -> str:
        if self.app_base_url is None:
            raise ValueError("set app_base_url first: the sandbox does not know where the app listens")
        return self.app_base_url.rstrip("/")

    def _send(self, webhook: Webhook) -> Delivery:
        delivery = send(webhook)
        with self._state.change() as data:
            rows = [*data["deliveries"], to_row(webhook, delivery.status, delivery.answer)]
            data["deliveries"] = rows[-DELIVERIES_KEPT:]
        return delivery
