"""The routes `/sandbox/…`, through which the demo or an engineer controls the Shopify sandbox."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.sandbox.control import answering
from infra.sandbox.delivery import Delivery
from infra.sandbox.server import Json, Request, Response, Route, json_response
from infra.sandbox.shopify.webhooks import to_row

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

DELIVERY_OPTIONS = ("webhook_id", "event_id", "triggered_at", "family", "api_version")
SHOP_DETAILS = ("name", "email", "currency", "iana_timezone", "plan_name", "plan_display_name")


class Control:
    """Control routes with JSON request and response; 400 names a missing or invalid field.

    A change in a shop emits its webhooks immediately.
    """

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
            Route("POST", "/sandbox/orders/{order_id}/cancel", answering(self._cancel_order)),
            Route("POST", "/sandbox/orders/{order_id}/edit", answering(self._edit_order)),
            Route("POST", "/sandbox/orders/{order_id}/refund", answering(self._refund_order)),
            Route("POST", "/sandbox/products", answering(self._store_product)),
            Route("POST", "/sandbox/shop", answering(self._update_shop)),
            Route("POST", "/sandbox/rename", answering(self._rename_shop)),
            Route("POST", "/sandbox/scopes", answering(self._update_scopes)),
            Route("POST", "/sandbox/freeze", answering(self._freeze)),
            Route("POST", "/sandbox/refused-topics", answering(self._refuse_topics)),
            Route("POST", "/sandbox/privacy", answering(self._privacy)),
            Route("POST", "/sandbox/hold", answering(self._hold)),
            Route("POST", "/sandbox/emit", answering(self._emit)),
            Route("POST", "/sandbox/flush", answering(self._flush)),
            Route("POST", "/sandbox/retry", answering(self._retry)),
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
        options = _chosen(asked, DELIVERY_OPTIONS)
        return _brief(self._sandbox.deliver(asked["app"], asked["shop"], asked["topic"], asked["payload"], **options))

    def _redeliver(self, _: Json, webhook_id: str) -> Json:
        return _brief(self._sandbox.redeliver(webhook_id))

    def _uninstall(self, asked: Json) -> Json:
        return _brief(self._sandbox.uninstall(asked["app"], asked["shop"], **_chosen(asked, DELIVERY_OPTIONS)))

    def _cancel_order(self, asked: Json, order_id: str) -> Json:
        payload = self._sandbox.cancel_order(asked["shop"], order_id, asked.get("reason", "customer"))
        return self._tell_of_order(asked["shop"], order_id, "orders/cancelled", payload)

    def _edit_order(self, asked: Json, order_id: str) -> Json:
        changes = _chosen(asked, ("add", "remove", "quantities"))
        payload = self._sandbox.edit_order(asked["shop"], order_id, **changes)
        return self._tell_of_order(asked["shop"], order_id, "orders/edited", payload)

    def _refund_order(self, asked: Json, order_id: str) -> Json:
        payload = self._sandbox.refund_order(asked["shop"], order_id, asked["lines"], note=asked.get("note"))
        return self._tell_of_order(asked["shop"], order_id, "refunds/create", payload)

    def _store_product(self, asked: Json) -> Json:
        shop = asked["shop"]
        payload = self._sandbox.product(shop, asked["product_id"], asked["title"], asked["variants"])
        return _told(payload, self._sandbox.emit(shop, "products/update", payload))

    def _update_shop(self, asked: Json) -> Json:
        payload = self._sandbox.update_shop(asked["shop"], **_chosen(asked, SHOP_DETAILS))
        return _told(payload, self._sandbox.emit(asked["shop"], "shop/update", payload))

    def _rename_shop(self, asked: Json) -> Json:
        """Give the shop the myshopify domain `domain`; webhooks name the new one."""
        payload = self._sandbox.rename_shop(asked["shop"], asked["domain"])
        return _told(payload, self._sandbox.emit(asked["domain"], "shop/update", payload))

    def _update_scopes(self, asked: Json) -> Json:
        app, shop = asked["app"], asked["shop"]
        payload = self._sandbox.update_scopes(app, shop, asked["scopes"])
        return _told(payload, self._sandbox.emit(shop, "app/scopes_update", payload, app=app))

    def _freeze(self, asked: Json) -> Json:
        """Freeze the shop with the HTTP status `status`, or unfreeze it if `status` is null."""
        if asked["status"] is None:
            self._sandbox.unfreeze_shop(asked["shop"])
        else:
            self._sandbox.freeze_shop(asked["shop"], int(asked["status"]))
        return {"shop": asked["shop"], "status": asked["status"]}

    def _refuse_topics(self, asked: Json) -> Json:
        self._sandbox.refuse_topics(asked["app"], asked["topics"], asked.get("shop", ""))
        return {"topics": asked["topics"]}

    def _privacy(self, asked: Json) -> Json:
        about = _chosen(asked, ("customer_id", "orders"))
        payload = self._sandbox.privacy(asked["topic"], asked["shop"], **about)
        return _told(payload, self._sandbox.emit(asked["shop"], asked["topic"], payload, app=asked["app"]))

    def _hold(self, asked: Json) -> Json:
        self._sandbox.hold_deliveries = bool(asked["hold"])
        return {"hold": self._sandbox.hold_deliveries}

    def _emit(self, asked: Json) -> Json:
        options = _chosen(asked, ("app", *DELIVERY_OPTIONS))
        return _told(asked["payload"], self._sandbox.emit(asked["shop"], asked["topic"], asked["payload"], **options))

    def _flush(self, asked: Json) -> Json:
        sent = self._sandbox.flush(**_chosen(asked, ("order", "copies", "parallel", "seed")))
        return {"deliveries": [_brief(delivery) for delivery in sent]}

    def _retry(self, asked: Json) -> Json:
        return {"deliveries": [_brief(delivery) for delivery in self._sandbox.retry_failed(asked.get("shop"))]}

    def _tell_of_order(self, shop: str, order_id: str, topic: str, payload: Json) -> Json:
        event_id = str(uuid.uuid4())  # one event causes both webhooks
        sent = self._sandbox.emit(shop, topic, payload, event_id)
        sent += self._sandbox.emit(shop, "orders/updated", self._sandbox.order(shop, order_id), event_id)
        return _told(payload, sent)

    def _list_subscriptions(self, request: Request) -> Response:
        asked = request.parameters()
        return json_response(200, {"subscriptions": self._sandbox.webhook_subscriptions(asked["app"], asked["shop"])})


def _chosen(asked: Json, names: Sequence[str]) -> Json:
    return {name: asked[name] for name in names if name in asked}


def _told(payload: Json, sent: Sequence[Delivery]) -> Json:
    return {"payload": payload, "deliveries": [_brief(delivery) for delivery in sent]}


def _brief(delivery: Delivery) -> Json:
    row = to_row(delivery.webhook, delivery.status, delivery.answer)
    return {name: row[name] for name in ("webhook_id", "topic", "status", "answer")}
