"""The shop that shoppers see: the app proxy, a cart, and a till that always takes the money.

Where Shopify has the shop as the host, it is the first segment of the path here. Sources:
https://shopify.dev/docs/apps/build/online-store/app-proxies, https://shopify.dev/docs/api/ajax/reference/cart.
"""

from __future__ import annotations

from html import escape
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from infra.sandbox.server import Json, Request, Response, Route, html_response, json_response, redirect

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

PASSED_ON = ("content-type", "idempotency-key", "accept")
"""Request headers that the proxy hands on; cookies are not among them."""
PASSED_BACK = ("content-type", "content-security-policy", "cache-control")
PRODUCT = 8001
ASKS_AND_SENDS = ("GET", "POST")


class Storefront:
    """Serves `/{shop}/apps/{app}/…`, `/{shop}/products/{product_id}` and the cart."""

    def __init__(self, sandbox: ShopifySandbox) -> None:
        self._sandbox = sandbox
        self._carts: dict[str, list[Json]] = {}
        self.routes = [
            *(Route(method, "/{shop}/apps/{app}/{rest...}", self.proxy) for method in ASKS_AND_SENDS),
            Route("GET", "/{shop}/products/{product_id}", self.product),
            Route("GET", "/{shop}/admin/apps/{app}", self.admin),
            Route("GET", "/app-bridge.js", self.app_bridge),
            Route("POST", "/cart/add.js", self.add),
            Route("GET", "/cart", self.cart),
            Route("POST", "/{shop}/cart/pay", self.pay),
        ]

    def proxy(self, request: Request, shop: str, app: str, rest: str) -> Response:
        """Hands the call on to the app, signed, as a guest's."""
        params: dict[str, str] = dict(parse_qsl(request.query, keep_blank_values=True))
        url = urlsplit(self._sandbox.proxy_url(app, shop, rest, params, path_prefix=f"/{shop}/apps/{app}"))
        connection = HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
        headers = {name: request.header(name) for name in PASSED_ON if request.header(name)}
        try:
            connection.request(request.method, f"{url.path}?{url.query}", request.body or None, headers)
            answer = connection.getresponse()
            kept = {name: answer.headers[name] for name in PASSED_BACK if answer.headers[name]}
            return Response(answer.status, answer.read(), kept)
        finally:
            connection.close()

    def admin(self, _: Request, shop: str, app: str) -> Response:
        """The app inside the admin: framed, with a session token of a day in place of App Bridge's of a minute."""
        token = self._sandbox.session_token(app, shop, lifetime=24 * 3600)
        source = f"{self._sandbox.app_base_url}/{app}/app?{urlencode({'shop': shop, 'id_token': token})}"
        frame = (
            f'<iframe title="{escape(app)}" src="{escape(source)}" width="100%" height="900" style="border:0"></iframe>'
        )
        return html_response(200, f"<h1>{escape(shop)}</h1>{frame}")

    def app_bridge(self, _: Request) -> Response:
        """What App Bridge is to the app here: somebody who has a session token."""
        script = b"window.shopify={idToken:async()=>new URLSearchParams(location.search).get('id_token')}"
        return Response(200, script, {"Content-Type": "text/javascript"})

    def product(self, _: Request, shop: str, product_id: str) -> Response:
        """A product's page, which leads to the app's."""
        target = f"/{escape(shop)}/apps/studio/products/{escape(product_id)}/page"
        return html_response(200, f'<h1>{escape(shop)}</h1><p><a href="{target}">Make it yours</a></p>')

    def add(self, request: Request) -> Response:
        """What `/cart/add.js` answers; which shop it is, the page's address tells."""
        items = request.fields().get("items", [])
        if not all(isinstance(item.get("id"), int) and item["id"] > 0 for item in items) or not items:
            return json_response(422, {"status": 422, "message": "Cart Error", "description": "no such variant"})
        self._carts.setdefault(_shop(request), []).extend(items)
        return json_response(200, {"items": items})

    def cart(self, request: Request) -> Response:
        """What is in the cart, and the way to the till."""
        shop = _shop(request)
        lines = "".join(f"<li>{item['quantity']} x variant {item['id']}</li>" for item in self._carts.get(shop, []))
        pay = f'<form method="post" action="/{escape(shop)}/cart/pay"><button>Pay</button></form>'
        return html_response(200, f"<h1>Cart of {escape(shop)}</h1><ul>{lines}</ul>{pay}")

    def pay(self, _: Request, shop: str) -> Response:
        """The order is paid, and the shop's apps hear of it."""
        lines = [
            {
                "variant_id": item["id"],
                "product_id": PRODUCT,
                "quantity": item["quantity"],
                "properties": item["properties"],
            }
            for item in self._carts.pop(shop, [])
        ]
        if not lines:
            return redirect(303, "/cart")
        order = self._sandbox.paid_order(shop, lines)
        self._sandbox.emit(shop, "orders/paid", order)
        return html_response(200, f"<h1>Thank you</h1><p>Order {escape(order['name'])} is paid.</p>")

    def lines(self, shop: str) -> list[Json]:
        """What a shop's cart holds."""
        return list(self._carts.get(shop, []))


def _shop(request: Request) -> str:
    return urlsplit(request.header("referer")).path.split("/")[1] if request.header("referer") else ""
