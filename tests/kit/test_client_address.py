"""The address of a client: reported by API Gateway, or written by a proxy that signs its requests."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.http.client_address import address_behind_proxy, client_address

SHOPIFY, VISITOR = "34.1.2.3", "203.0.113.7"


@pytest.mark.parametrize(
    ("header", "caller", "address"),
    [
        (f"{VISITOR}, {SHOPIFY}", SHOPIFY, VISITOR),
        (f"{VISITOR},{SHOPIFY}", SHOPIFY, VISITOR),
        (f"{VISITOR}, {SHOPIFY}, 130.176.0.1", SHOPIFY, VISITOR),  # an edge-optimized API also appends CloudFront's
        ("2001:DB8::1, 34.1.2.3", SHOPIFY, "2001:db8::1"),
        (SHOPIFY, SHOPIFY, ""),
        (f"{SHOPIFY}, {SHOPIFY}", SHOPIFY, SHOPIFY),
        ("", SHOPIFY, ""),
        ("", "", ""),
        (VISITOR, SHOPIFY, ""),
        (f"unknown, {SHOPIFY}", SHOPIFY, ""),
    ],
)
def test_the_entry_before_the_proxy_is_the_visitor(header: str, caller: str, address: str) -> None:
    assert address_behind_proxy(header, caller) == address


@given(st.lists(st.sampled_from([SHOPIFY, VISITOR, "10.0.0.1", "unknown", "", " "]), max_size=5))
def test_a_forged_prefix_changes_nothing(forged: list[str]) -> None:
    assert address_behind_proxy(",".join([*forged, VISITOR, SHOPIFY]), SHOPIFY) == VISITOR


def test_the_address_of_a_caller_is_the_one_of_its_connection() -> None:
    assert client_address({"identity": {"sourceIp": VISITOR}}) == VISITOR
    assert (
        client_address({"identity": {"sourceIp": None}})
        == client_address({"identity": None})
        == client_address({})
        == ""
    )


def test_forged_headers_do_not_raise_the_limit_of_guesses(api: httpx2.Client) -> None:
    """Otherwise each guess of a password could come from another address."""
    guess = {"email": "nobody@example.com", "password": "a wrong password"}
    statuses = []
    for number in range(11):
        address = f"198.51.100.{number}"
        forged = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
        statuses.append(api.post("/v1/together/sessions", json=guess, headers=forged).status_code)
    assert statuses == [401] * 10 + [429]
