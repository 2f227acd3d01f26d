"""The storefront: the app proxy, a cart and a checkout at which every payment succeeds.

The shop is the first path segment here, and the host at Shopify. Sources:
https://shopify.dev/docs/apps/build/online-store/app-proxies, https://shopify.dev/docs/api/ajax/reference/cart.
"""

from __future__ import annotations

from html import escape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from infra.sandbox.server import Json, Request, Response, Route, html_response, json_response, redirect

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

PASSED_ON = ("content-type", "idempotency-key", "accept")
"""Request headers that the proxy forwards; it removes cookies."""
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
            Route("GET", "/{shop}/account/login", self.log_in),
            Route("POST", "/{shop}/cart/add.js", self.add),
            Route("GET", "/{shop}/cart", self.cart),
            Route("POST", "/{shop}/cart/pay", self.pay),
        ]

    def proxy(self, request: Request, shop: str, app: str, rest: str) -> Response:
        """Forward the request to the app, signed, with the id of the logged-in customer."""
        params: dict[str, str] = dict(parse_qsl(request.query, keep_blank_values=True))
        prefix, customer = f"/{shop}/apps/{app}", _customer(request)
        url = urlsplit(self._sandbox.proxy_url(app, shop, rest, params, path_prefix=prefix, customer_id=customer))
        connection = HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
        headers = {name: request.header(name) for name in PASSED_ON if request.header(name)}
        try:
            connection.request(request.method, f"{url.path}?{url.query}", request.body or None, headers)
            answer = connection.getresponse()
            kept = {name: answer.headers[name] for name in PASSED_BACK if answer.headers[name]}
            return Response(answer.status, answer.read(), kept)
        finally:
            connection.close()

    def log_in(self, request: Request, shop: str) -> Response:
        """Log in as the customer `?customer_id=`, or log out if it is missing or not a number."""
        customer = str(dict(parse_qsl(request.query)).get("customer_id", ""))
        number = customer if customer.isdigit() else ""
        cookie = f"customer={number}; Path=/{shop}/; HttpOnly; SameSite=Lax"
        return Response(303, b"", {"Location": f"/{shop}/cart", "Set-Cookie": cookie})

    def product(self, _: Request, shop: str, product_id: str) -> Response:
        """Return a product page with a link to the app's page."""
        target = f"/{escape(shop)}/apps/studio/products/{escape(product_id)}/page"
        return html_response(200, f'<h1>{escape(shop)}</h1><p><a href="{target}">Make it yours</a></p>')

    def add(self, request: Request, shop: str) -> Response:
        """Add items to the cart and respond as `/cart/add.js`: 422 if a variant id is invalid or there is no item."""
        items = request.fields().get("items", [])
        if not all(isinstance(item.get("id"), int) and item["id"] > 0 for item in items) or not items:
            return json_response(422, {"status": 422, "message": "Cart Error", "description": "no such variant"})
        self._carts.setdefault(shop, []).extend(items)
        return json_response(200, {"items": items})

    def cart(self, _: Request, shop: str) -> Response:
        """Return the cart page, with its pay button."""
        lines = "".join(f"<li>{item['quantity']} x variant {item['id']}</li>" for item in self._carts.get(shop, []))
        pay = f'<form method="post" action="/{escape(shop)}/cart/pay"><button>Pay</button></form>'
        return html_response(200, f"<h1>Cart of {escape(shop)}</h1><ul>{lines}</ul>{pay}")

    def pay(self, _: Request, shop: str) -> Response:
        """Create a paid order from the cart and emit orders/paid; redirect if the cart is empty."""
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
            return redirect(303, f"/{shop}/cart")
        order = self._sandbox.paid_order(shop, lines)
        self._sandbox.emit(shop, "orders/paid", order)
        return html_response(200, f"<h1>Thank you</h1><p>Order {escape(order['name'])} is paid.</p>")

    def lines(self, shop: str) -> list[Json]:
        """Return the items of a shop's cart."""
        return list(self._carts.get(shop, []))

    def empty_carts(self) -> None:
        """Remove every item from every cart."""
        self._carts.clear()


def _customer(request: Request) -> str | None:
    """Return the id of the logged-in customer, or None for a guest."""
    cookies = SimpleCookie(request.header("cookie") or "")
    return cookies["customer"].value or None if "customer" in cookies else None
