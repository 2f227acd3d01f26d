"""Keys in a foreign currency never equal the key of a SKU."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.currency_keys import (
    SEPARATOR,
    currency_suffix,
    shop_suffix,
    split_customer_key,
    split_item_key,
)

skus = st.text(st.characters(exclude_characters=SEPARATOR), min_size=1, max_size=12) | st.sampled_from(["M#EUR", "M#"])
currencies = st.sampled_from(["EUR", "USD", "JPY"])


@given(skus, currencies, currencies)
def test_keys_are_split_as_they_were_made(sku: str, currency: str, shop_currency: str) -> None:
    suffix = "" if currency == shop_currency else currency_suffix(currency)
    if suffix:
        assert split_item_key(sku + suffix, currency, shop_currency) == (sku, suffix)
    assert split_item_key(sku, shop_currency, shop_currency) == (sku, "")


@pytest.mark.parametrize(
    ("key", "currency", "expected"),
    [
        ("MUG#EUR", "EUR", ("MUG", "#EUR")),
        ("MUG#EUR", "USD", ("MUG#EUR", "")),
        ("MUG#EUR#EUR", "EUR", ("MUG#EUR", "#EUR")),
        ("MUG", "EUR", ("MUG", "")),
    ],
)
def test_keys_of_earlier_versions(key: str, currency: str, expected: tuple[str, str]) -> None:
    assert split_item_key(key, currency, "USD") == expected


@pytest.mark.parametrize("suffix", ["", "#EUR", currency_suffix("EUR")])
def test_customers_and_shops(suffix: str) -> None:
    assert split_customer_key(f"gid://shopify/Customer/1{suffix}") == ("gid://shopify/Customer/1", suffix)
    assert shop_suffix(suffix) == ("#EUR" if suffix else "")
