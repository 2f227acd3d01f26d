"""The visitor's address in X-Forwarded-For, as it arrives behind API Gateway."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shops.app_proxy import visitor_address

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
def test_the_entry_before_the_caller_is_the_visitor(header: str, caller: str, address: str) -> None:
    assert visitor_address(header, caller) == address


@given(st.lists(st.sampled_from([SHOPIFY, VISITOR, "10.0.0.1", "unknown", "", " "]), max_size=5))
def test_a_forged_prefix_changes_nothing(forged: list[str]) -> None:
    assert visitor_address(",".join([*forged, VISITOR, SHOPIFY]), SHOPIFY) == VISITOR
