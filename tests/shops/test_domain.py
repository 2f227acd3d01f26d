"""Shop domains."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shops import domain


# shopify-app-js, shop-validator.test.ts
@pytest.mark.parametrize("text", ["someshop.myshopify.com", "test-shop.myshopify.com", "Some_Shop1.myshopify.com"])
def test_valid_shop_domains_are_normalized(text: str) -> None:
    assert domain.normalize_shop_domain(text) == text.lower()


@pytest.mark.parametrize("text", ["devshop.myshopify.io", "dev-shop-.myshopify.io"])
def test_development_shop_domains_are_valid(text: str) -> None:
    assert domain.normalize_shop_domain(text, development=True) == text
    assert domain.normalize_shop_domain(text) is None


@pytest.mark.parametrize("text", ["admin.shopify.com/store/my-shop", "https://admin.shopify.com/store/my-shop/"])
def test_admin_urls_give_the_shop_domain(text: str) -> None:
    assert domain.normalize_shop_domain(text) == "my-shop.myshopify.com"


@pytest.mark.parametrize(
    "text",
    [
        "notshopify.com",
        "-invalid.myshopify.io",
        "not-admin.shopify.com/store/my-shop",
        "",
        "myshopify.com",
        ".myshopify.com",
        "a.b.myshopify.com",
        "a.myshopify.com\n",
        "a.myshopify.com.evil.example",
        "evil.example/a.myshopify.com",
        "evil.example#.myshopify.com",
        "a.myshopify.com:8080",
        "user@a.myshopify.com",
        "https://a.myshopify.com",
        "admin.shopify.com/store/evil.example#",
        "admin.shopify.com/store/a/../b",
        "ä.myshopify.com",
    ],
)
def test_other_texts_are_no_shop_domain(text: str) -> None:
    assert domain.normalize_shop_domain(text, development=True) is None


@given(st.text(alphabet="aZ0-_./:@#%\n é", max_size=12).map(lambda name: f"{name}.myshopify.com") | st.text())
def test_only_one_label_below_the_shopify_domain_is_valid(text: str) -> None:
    result = domain.normalize_shop_domain(text)
    assert result is None or re.fullmatch(r"[a-z0-9][a-z0-9_-]*\.myshopify\.com", result)


def test_the_store_name_is_the_first_label() -> None:
    assert domain.store_name("my-shop.myshopify.com") == "my-shop"
