"""Links of the storefront keep the customer and the page's parameters, up to the app behind the proxy."""

import re
from html import unescape
from urllib.parse import parse_qs

from infra.sandbox.shopify.signing import proxy_signature
from tests.infra.sandbox.conftest import SHOP

QUERY = "utm_source=mail&tag=a&tag=b%26c"


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'(?:href|action)="(/[^"]*)"', page)]


def test_links_keep_customer_and_parameters(shopify, http):
    shopify.product(SHOP, 5001, "Mug", [{"id": 41, "title": "Mug", "price": "10.00"}])
    home = f"/{SHOP}?{QUERY}"
    answer = http.get(f"{shopify.url}/{SHOP}/account/login", params={"customer_id": "7", "return_url": home})
    assert (answer.status_code, answer.headers["location"]) == (303, home)
    for path in ("", "/products/5001", "/cart", "/account"):
        page = http.get(f"{shopify.url}/{SHOP}{path}?{QUERY}").text
        assert "Customer 7" in page
        shop_links = [link for link in links(page) if not link.endswith("/account/login")]
        assert shop_links
        assert all(link.endswith(f"?{QUERY}") for link in shop_links), shop_links
    added = http.post(f"{shopify.url}/{SHOP}/cart/add?{QUERY}", data={"id": "41", "quantity": "1"})
    assert added.headers["location"] == f"/{SHOP}/cart?{QUERY}"


def test_the_proxy_passes_customer_and_repeated_parameters_signed(shopify, receiver, http):
    http.get(f"{shopify.url}/{SHOP}/account/login?customer_id=7")
    http.get(f"{shopify.url}/{SHOP}/apps/studio/products/5001/page?{QUERY}")
    request = receiver.requests[-1]
    assert request.path == "/proxy/studio/products/5001/page"
    sent = parse_qs(request.query, keep_blank_values=True)
    assert (sent["tag"], sent["utm_source"], sent["logged_in_customer_id"]) == (["a", "b&c"], ["mail"], ["7"])
    (signature,) = sent.pop("signature")
    single = {name: values[0] if len(values) == 1 else values for name, values in sent.items()}
    assert signature == proxy_signature(single, shopify.apps["studio"].secret)


def test_a_login_redirects_to_no_other_site(shopify, http):
    for target in ("https://other.example/", "//other.example", f"/{SHOP}.other.example", ""):
        answer = http.get(f"{shopify.url}/{SHOP}/account/login", params={"return_url": target})
        assert answer.headers["location"] == f"/{SHOP}/cart"
