"""A competitor's shop: product pages with JSON-LD, robots.txt, and pages that attack a client.

Sources: https://schema.org/Offer, https://developers.google.com/search/docs/appearance/structured-data/product, RFC 9309.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from infra.sandbox.server import Request, Response, Route, SandboxServer, html_response, redirect

PRIVATE_URL = "http://169.254.169.254/latest/meta-data/"
"""Where clouds offer credentials; a client must not follow a redirect there."""
_CHUNK = b"<p>" + b"x" * 65_000 + b"</p>"
_SLOW_SECONDS = 0.5
_PAGE = """<!doctype html>
<html lang="en"><head><title>{title}</title>
<script type="application/ld+json">{data}</script></head>
<body><h1>{title}</h1><p>{price} {currency}</p></body></html>"""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the competitor; the price is text, as it stands in the JSON-LD."""

    title: str
    price: str
    currency: str = "USD"
    sku: str | None = None


class CompetitorSandbox(SandboxServer):
    """Serves `/products/{handle}`, `/robots.txt` and hostile pages, over TLS if a context is given.

    `/members/…` is forbidden by robots.txt. `/hostile/redirect` leads to a private address, `/hostile/loop` to itself,
    `/hostile/endless` never ends, `/hostile/slow` sends a byte now and then, `/hostile/picture` is no page.
    """

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.products = {"mug": Product("Enamel mug", "18.50", sku="C-MUG")}
        self.robots = "User-agent: *\nDisallow: /members/\n"
        self._ended = threading.Event()
        super().__init__(
            port,
            [
                Route("GET", "/robots.txt", self._robots),
                Route("GET", "/products/{handle}", self._product),
                Route("GET", "/members/{handle}", self._product),
                Route("GET", "/hostile/redirect", lambda _: redirect(302, PRIVATE_URL)),
                Route("GET", "/hostile/loop", lambda _: redirect(302, "/hostile/loop")),
                Route("GET", "/hostile/endless", self._endless),
                Route("GET", "/hostile/slow", self._slow),
                Route("GET", "/hostile/picture", lambda _: Response(200, b"\x89PNG", {"Content-Type": "image/png"})),
            ],
            context=context,
        )

    def stop(self) -> None:
        """Stop serving, and end the pages that never end."""
        self._ended.set()
        super().stop()

    def _robots(self, _: Request) -> Response:
        return Response(200, self.robots.encode(), {"Content-Type": "text/plain"})

    def _product(self, request: Request, handle: str) -> Response:
        product = self.products.get(handle)
        if product is None:
            return self.not_found(request)
        offer = {"@type": "Offer", "price": product.price, "priceCurrency": product.currency}
        data = {"@context": "https://schema.org", "@type": "Product", "name": product.title, "offers": offer}
        text = json.dumps(data | ({"sku": product.sku} if product.sku else {})).replace("<", "\\u003c")
        page = _PAGE.format(
            title=escape(product.title), data=text, price=escape(product.price), currency=escape(product.currency)
        )
        return html_response(200, page)

    def _endless(self, _: Request) -> Response:
        return Response(200, headers={"Content-Type": "text/html"}, stream=self._chunks(_CHUNK, 0))

    def _slow(self, _: Request) -> Response:
        return Response(200, headers={"Content-Type": "text/html"}, stream=self._chunks(b"x", _SLOW_SECONDS))

    def _chunks(self, chunk: bytes, pause: float) -> Iterator[bytes]:
        while not self._ended.wait(pause):
            yield chunk
