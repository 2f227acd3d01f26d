"""The page at `/`: in the stages of one machine only, with links of every context and tokens for that machine."""

from __future__ import annotations

import re

import httpx2
import pytest

from chalicelib.kit.front_door import is_on_this_machine
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery"]


def test_it_leads_to_every_person_and_says_what_runs(gallery: Gallery) -> None:
    response = gallery.api.get("/")
    assert response.status_code == 200
    for link in ("/docs", "/kit/web", f"{gallery.shopify.url}/{gallery.shop}", "/admin/apps/studio"):
        assert f'{link}"' in response.text
    for word in ("Shopper", "Merchant", "Developer", "Shopify sandbox", "Image model"):
        assert word in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["strict-transport-security"]
    assert response.headers["referrer-policy"]


def test_its_links_are_served(gallery: Gallery) -> None:
    links = re.findall(r'<a class="button" href="([^"]+)"', gallery.api.get("/").text)
    assert len(links) >= 4
    for link in links:
        assert httpx2.get(gallery.api.base_url.join(link)).status_code == 200, link


def test_the_live_stages_have_no_front_door(api: httpx2.Client, production_settings: None) -> None:
    response = api.get("/")
    assert (response.status_code, response.json()["code"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "127.0.0.1:8000"}, True),
        ({"host": "localhost"}, True),
        ({"host": "[::1]:8000"}, True),
        ({"host": "tunnel.example.com"}, False),
        ({"host": "127.0.0.1.example.com"}, False),
        ({}, False),
        ({"host": "localhost:8000", "x-forwarded-for": "203.0.113.7"}, False),
    ],
)
def test_tokens_are_for_a_browser_on_this_machine(headers: dict[str, str], expected: bool) -> None:
    assert is_on_this_machine(headers) is expected
