"""The competitor's shop: its pages, and the ones that attack a client."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice

import httpx2
import pytest

from chalicelib.discounts.domain.json_ld import OfferPrice, offer_price
from chalicelib.integrations.web_pages import Limits, Network, PageUnavailable, Visit, fetch
from chalicelib.kit.addresses import ForbiddenAddress
from infra.sandbox.competitor import PRIVATE_URL, CompetitorSandbox, Product
from tests.integrations.tls_server import PUBLIC, server_context

HOST = "rival-shop.com"


@pytest.fixture
def competitor() -> Iterator[CompetitorSandbox]:
    with CompetitorSandbox() as server:
        yield server


def json_ld(page: str) -> dict:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    data: dict = json.loads(text)
    return data


def test_a_product_page_has_its_offer(competitor, http):
    data = json_ld(http.get(f"{competitor.url}/products/mug").text)
    assert data["sku"] == "C-MUG"
    assert data["offers"] == {"@type": "Offer", "price": "18.50", "priceCurrency": "USD"}
    competitor.products["mug"] = Product("</script><b>", "17.00", "EUR")
    data = json_ld(http.get(f"{competitor.url}/products/mug").text)
    assert (data["name"], data["offers"]["price"]) == ("</script><b>", "17.00")
    assert http.get(f"{competitor.url}/products/none").status_code == 404


def test_robots_txt_forbids_the_pages_of_members(competitor, http):
    assert http.get(f"{competitor.url}/robots.txt").text == "User-agent: *\nDisallow: /members/\n"
    assert http.get(f"{competitor.url}/members/mug").status_code == 200


def test_hostile_pages_redirect_and_never_end(competitor, http):
    assert http.get(f"{competitor.url}/hostile/redirect").headers["location"] == PRIVATE_URL
    with pytest.raises(httpx2.TooManyRedirects):
        http.get(f"{competitor.url}/hostile/loop", follow_redirects=True)
    assert http.get(f"{competitor.url}/hostile/picture").headers["content-type"] == "image/png"
    with http.stream("GET", f"{competitor.url}/hostile/endless") as response:
        assert "content-length" not in response.headers
        assert sum(map(len, islice(response.iter_raw(), 100))) > 1_000_000
    with http.stream("GET", f"{competitor.url}/hostile/slow") as response:
        assert next(response.iter_raw()) == b"x"


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Read pages of the competitor as the product does, as if it were at a public address."""
    context, authority = server_context(HOST)
    real = socket.getaddrinfo
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443))]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **more: public if host == HOST else real(host, *args, **more)
    )
    with CompetitorSandbox(context=context) as server:
        port = int(server.url.rpartition(":")[2])
        network = Network(
            dial=lambda _, seconds: socket.create_connection(("127.0.0.1", port), timeout=seconds),
            authorities=lambda: ssl.create_default_context(cadata=authority),
        )
        yield (
            lambda path, **limits: fetch(f"https://{HOST}{path}", Visit(limits=Limits(**limits), network=network)).text
        )


def test_the_product_reads_its_price_over_tls(visit):
    price = offer_price(visit("/products/mug"), f"https://{HOST}/products/mug")
    assert price == OfferPrice(Decimal("18.50"), "USD")


def test_the_product_follows_no_hostile_page(visit):
    with pytest.raises(ForbiddenAddress):
        visit("/hostile/redirect")
    for path, limits in {
        "/hostile/loop": {},
        "/hostile/endless": {},
        "/hostile/slow": {"seconds": 1},
        "/hostile/picture": {},
        "/none": {},
    }.items():
        with pytest.raises(PageUnavailable):
            visit(path, **limits)
