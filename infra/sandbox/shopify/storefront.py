"""The storefront: the app proxy, a cart and a checkout at which every payment succeeds.

The shop is the first path segment here, and the host at Shopify. Sources:
https://shopify.dev/docs/apps/build/online-store/app-proxies, https://shopify.dev/docs/api/ajax/reference/cart.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra.sandbox.server import Json, Request, Response, Route, html_response, json_response, redirect
from infra.sandbox.shopify import storefront_pages, visitor_links
from infra.sandbox.shopify.cart_discounts import Redeemer
from infra.sandbox.shopify.carts import PricedCart, ShopCart, ShopPrices, price_cart, variants_of
from infra.sandbox.shopify.storefront_pages import ShopFront

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

PASSED_ON = ("content-type", "idempotency-key", "accept")
"""Request headers that the proxy forwards; it removes cookies."""
PASSED_BACK = ("content-type", "content-security-policy", "cache-control")
ASKS_AND_SENDS = ("GET", "POST")


class Storefront:
    """Serves `/{shop}`, `/{shop}/apps/{app}/…`, `/{shop}/products/{product_id}` and the cart."""

    def __init__(self, sandbox: ShopifySandbox) -> None:
        self._sandbox = sandbox
        self._carts: dict[str, ShopCart] = defaultdict(ShopCart)
        self.routes = [
            *(Route(method, "/{shop}/apps/{app}/{rest...}", self.proxy) for method in ASKS_AND_SENDS),
            Route("GET", "/{shop}/products/{product_id}", self.product),
            Route("GET", "/{shop}/account", self.account),
            Route("GET", "/{shop}/account/login", self.log_in),
            Route("POST", "/{shop}/cart/add.js", self.add),
            Route("POST", "/{shop}/cart/add", self.add_by_form),
            Route("POST", "/{shop}/cart/update.js", self.update),
            Route("POST", "/{shop}/cart/update", self.update_by_form),
            Route("GET", "/{shop}/discount/{code}", self.add_code),
            Route("GET", "/{shop}/cart.js", self.cart_json),
            Route("GET", "/{shop}/cart", self.cart),
            Route("POST", "/{shop}/cart/pay", self.pay),
            Route("GET", "/{shop}", self.home),
        ]

    def proxy(self, request: Request, shop: str, app: str, rest: str) -> Response:
        """Forward the request to the app, signed, with the id of the logged-in customer."""
        params = visitor_links.parameters(request.query)
        prefix, customer = f"/{shop}/apps/{app}", visitor_links.customer_of(request)
        url = urlsplit(self._sandbox.proxy_url(app, shop, rest, params, path_prefix=prefix, customer_id=customer))
        connection = HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
        headers = {name: request.header(name) for name in PASSED_ON if request.header(name)}
        headers |= {"X-Forwarded-For": request.client, "X-Forwarded-Host": request.header("host")}
        try:
            connection.request(request.method, f"{url.path}?{url.query}", request.body or None, headers)
            answer = connection.getresponse()
            kept = {name: answer.headers[name] for name in PASSED_BACK if answer.headers[name]}
            return Response(answer.status, answer.read(), kept)
        finally:
            connection.close()

    def account(self, request: Request, shop: str) -> Response:
        """Return the page on which a visitor logs in as a customer, or logs out."""
        return html_response(200, storefront_pages.account_page(self._front(request, shop)))

    def log_in(self, request: Request, shop: str) -> Response:
        """Log in as the customer `?customer_id=`, or log out if it is missing or not a number.

        Redirects to the path in `?return_url=` if it belongs to the shop, else to the shop's cart.
        """
        asked = request.parameters()
        cookie = visitor_links.customer_cookie(shop, asked.get("customer_id", ""))
        target = asked.get("return_url", "")
        is_in_shop = target == f"/{shop}" or target.startswith((f"/{shop}/", f"/{shop}?"))
        return Response(303, b"", {"Location": target if is_in_shop else f"/{shop}/cart", "Set-Cookie": cookie})

    def home(self, request: Request, shop: str) -> Response:
        """Return the shop's products; 404 for a path that is no shop domain."""
        if not shop.endswith(".myshopify.com"):
            return self._sandbox.not_found(request)
        return html_response(
            200, storefront_pages.products_page(self._front(request, shop), self._sandbox.list_products(shop))
        )

    def product(self, request: Request, shop: str, product_id: str) -> Response:
        """Return a product page with a link to the app's page; 404 if the shop does not have the product."""
        for product in self._sandbox.list_products(shop):
            if str(product["id"]) == product_id:
                return html_response(200, storefront_pages.product_page(self._front(request, shop), product))
        return self._sandbox.not_found(request)

    def add(self, request: Request, shop: str) -> Response:
        """Add items to the cart and respond as `/cart/add.js`: 422 if a variant id is invalid or there is no item."""
        items = request.fields().get("items", [])
        if not all(isinstance(item.get("id"), int) and item["id"] > 0 for item in items) or not items:
            return json_response(422, {"status": 422, "message": "Cart Error", "description": "no such variant"})
        self._carts[shop].items.extend(items)
        return json_response(200, {"items": items})

    def add_by_form(self, request: Request, shop: str) -> Response:
        """Add a variant to the cart, as the form of a product page does, and redirect to the cart; 422 if it is invalid."""
        fields = request.fields()
        variant, quantity = str(fields.get("id", "")), str(fields.get("quantity", "1"))
        if not (variant.isdigit() and quantity.isdigit() and int(variant) and 0 < int(quantity) < 100):
            return json_response(422, {"status": 422, "message": "Cart Error", "description": "no such variant"})
        item = {"id": int(variant), "quantity": int(quantity), "properties": {}}
        self._carts[shop].items.append(item)
        return redirect(303, visitor_links.with_query(f"/{shop}/cart", request.query))

    def update(self, request: Request, shop: str) -> Response:
        """Change the cart's attributes and discount codes, and respond as `/cart/update.js`."""
        self._carts[shop].update(request.fields())
        return self.cart_json(request, shop)

    def update_by_form(self, request: Request, shop: str) -> Response:
        """Change attributes and codes, as the form of the cart does, and redirect to the cart."""
        self._carts[shop].update(request.fields())
        return redirect(303, visitor_links.with_query(f"/{shop}/cart", request.query))

    def add_code(self, request: Request, shop: str, code: str) -> Response:
        """Enter a code, as a link to a discount does, and redirect to the cart."""
        cart = self._carts[shop]
        cart.codes = [*cart.codes, *([] if code in cart.codes else [code])]
        return redirect(303, visitor_links.with_query(f"/{shop}/cart", request.query))

    def cart_json(self, request: Request, shop: str) -> Response:
        """Return the cart with its discounts, as `/cart.js` does."""
        return json_response(200, self._priced(request, shop).to_json())

    def cart(self, request: Request, shop: str) -> Response:
        """Return the cart page, with its discounts and pay button."""
        return html_response(200, storefront_pages.cart_page(self._front(request, shop), self._priced(request, shop)))

    def pay(self, request: Request, shop: str) -> Response:
        """Create a paid order from the cart and emit orders/paid; redirect if the cart is empty."""
        priced = self._priced(request, shop)
        if self._carts.pop(shop, ShopCart()).count == 0:
            return redirect(303, visitor_links.with_query(f"/{shop}/cart", request.query))
        order = self._sandbox.paid_order(
            shop,
            priced.order_lines(),
            customer_id=visitor_links.customer_of(request),
            currency=priced.currency,
            **priced.order_fields(),
        )
        self._sandbox.emit(shop, "orders/paid", order)
        return html_response(200, storefront_pages.confirmation_page(self._front(request, shop), order))

    def _priced(self, request: Request, shop: str) -> PricedCart:
        """Return the cart with what the shop's discounts give to it now."""
        cart, customer = self._carts[shop], visitor_links.customer_of(request)
        redeemer = Redeemer(cart.codes, int(customer) if customer else None, self._sandbox.list_orders(shop))
        return price_cart(
            cart,
            ShopPrices(
                variants=variants_of(self._sandbox.list_products(shop)),
                discounts=self._sandbox.discounts(shop),
                currency=self._sandbox.currency(shop),
                now=datetime.fromtimestamp(self._sandbox.time(), UTC)
                .isoformat(timespec="microseconds")
                .replace("+00:00", "Z"),
            ),
            redeemer,
        )

    def _front(self, request: Request, shop: str) -> ShopFront:
        return ShopFront(shop, self._carts[shop].count, request.query, visitor_links.customer_of(request))

    def lines(self, shop: str) -> list[Json]:
        """Return the items of a shop's cart."""
        return list(self._carts[shop].items)

    def empty_carts(self) -> None:
        """Remove every item from every cart."""
        self._carts.clear()
