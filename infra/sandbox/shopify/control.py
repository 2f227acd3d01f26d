"""`/sandbox/…`: lets another process (the demo, a curious engineer) do what tests do by method call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.sandbox.control import answering
from infra.sandbox.delivery import Delivery
from infra.sandbox.server import Json, Request, Response, Route, json_response
from infra.sandbox.shopify.webhooks import to_row

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

DELIVERY_OPTIONS = ("webhook_id", "event_id", "triggered_at", "family", "api_version")


class Control:
    """JSON in and out; 400 names what is missing or wrong."""

    def __init__(self, sandbox: ShopifySandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/sandbox/health", answering(lambda _: {"status": "ok"})),
            Route("POST", "/sandbox/target", answering(self._set_target)),
            Route("POST", "/sandbox/session-tokens", answering(self._mint_session_token)),
            Route("POST", "/sandbox/proxy", answering(self._sign_proxy)),
            Route("POST", "/sandbox/orders", answering(self._pay_order)),
            Route("POST", "/sandbox/webhooks", answering(self._deliver)),
            Route("POST", "/sandbox/webhooks/{webhook_id}/redeliver", answering(self._redeliver)),
            Route("POST", "/sandbox/uninstall", answering(self._uninstall)),
            Route("GET", "/sandbox/subscriptions", self._list_subscriptions),
            Route("GET", "/sandbox/deliveries", answering(lambda _: {"deliveries": sandbox.deliveries()})),
        ]

    def _set_target(self, asked: Json) -> Json:
        self._sandbox.app_base_url = asked["base_url"]
        return {"base_url": asked["base_url"]}

    def _mint_session_token(self, asked: Json) -> Json:
        token = self._sandbox.session_token(asked["app"], asked["shop"], user_id=int(asked.get("user_id", 1)))
        return {"token": token}

    def _sign_proxy(self, asked: Json) -> Json:
        customer_id = asked.get("customer_id")
        params = asked.get("params")
        return {
            "url": self._sandbox.proxy_url(asked["app"], asked["shop"], asked["path"], params, customer_id=customer_id)
        }

    def _pay_order(self, asked: Json) -> Json:
        shop = asked["shop"]
        order = self._sandbox.paid_order(shop, asked["lines"], customer_id=asked.get("customer_id"))
        sent = [self._sandbox.deliver(app, shop, "orders/paid", order) for app in asked.get("deliver_to", [])]
        return {"order": order, "deliveries": [_brief(delivery) for delivery in sent]}

    def _deliver(self, asked: Json) -> Json:
        options = {name: asked[name] for name in DELIVERY_OPTIONS if name in asked}
        return _brief(self._sandbox.deliver(asked["app"], asked["shop"], asked["topic"], asked["payload"], **options))

    def _redeliver(self, _: Json, webhook_id: str) -> Json:
        return _brief(self._sandbox.redeliver(webhook_id))

    def _uninstall(self, asked: Json) -> Json:
        options = {name: asked[name] for name in DELIVERY_OPTIONS if name in asked}
        return _brief(self._sandbox.uninstall(asked["app"], asked["shop"], **options))

    def _list_subscriptions(self, request: Request) -> Response:
        asked = request.parameters()
        return json_response(200, {"subscriptions": self._sandbox.webhook_subscriptions(asked["app"], asked["shop"])})


def _brief(delivery: Delivery) -> Json:
    row = to_row(delivery.webhook, delivery.status, delivery.answer)
    return {name: row[name] for name in ("webhook_id", "topic", "status", "answer")}
