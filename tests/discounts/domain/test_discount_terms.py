"""Terms, their status, their metafield and their differences."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.discount_rules import ShopFacts, term_faults
from chalicelib.discounts.domain.discount_terms import columns_of, plain, status_at, terms_of
from chalicelib.discounts.domain.metafield import MOST_BYTES, ItemValue, ValueTest, bytes_over, metafield_json
from chalicelib.discounts.domain.names import item_name, variant_number
from chalicelib.discounts.domain.term_changes import changed_columns
from chalicelib.discounts.enums import DiscountStatus, ValueType
from chalicelib.kit.minor_units import decimals_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
GID = "gid://shopify/ProductVariant/4101"
ITEMS = st.lists(
    st.sampled_from(["A", "a", "constructor", "__proto__", GID, "Ä"]) | st.text(max_size=5), unique=True, max_size=6
)
VALUES = st.builds(
    lambda kind, cents: {"value_type": kind.value, "value": plain(Decimal(cents) / 100)},
    st.sampled_from(ValueType),
    st.integers(0, 10_000),
)


def columns(**fields: Any) -> dict[str, Any]:
    return {"title": "t", "value_type": ValueType.PERCENTAGE, "value": Decimal(10), "skus": ["A"], **fields}


@st.composite
def any_columns(draw: st.DrawFn) -> dict[str, Any]:
    """Columns of any valid combination of items and values."""
    skus = draw(ITEMS)
    overrides = {item: draw(VALUES) for item in skus if draw(st.booleans())}
    return columns_of(terms_of(columns(skus=skus, overrides=overrides, **draw(VALUES))))


@given(any_columns())
def test_terms_and_columns_are_the_same(given_columns: dict[str, Any]) -> None:
    assert columns_of(terms_of(given_columns)) == given_columns


@given(any_columns())
def test_the_metafield_names_every_item_once(given_columns: dict[str, Any]) -> None:
    terms = terms_of(given_columns)
    content = configuration(terms)
    assert json.loads(metafield_json(content)) == content
    assert len(content["skus"]) + len(content["variants"]) == len(terms.skus)
    for item in terms.skus:
        own, number = terms.overrides.get(item), variant_number(item)
        expected = [own.value_type.value, plain(own.value)] if own else 1
        assert (content["variants"][number] if number else content["skus"][item]) == expected


def test_the_metafield_is_as_documented() -> None:
    terms = terms_of(
        columns(
            skus=["A", "B", GID], overrides={"B": {"value_type": "fixed_price", "value": "9.90"}}, minimum_quantity=2
        )
    )
    test = ValueTest("t1", ItemValue(ValueType.FIXED_AMOUNT, Decimal("1.50")))
    assert metafield_json(configuration(terms, test)) == (
        '{"v":1,"type":"percentage","value":"10","minimum":2,"skus":{"A":1,"B":["fixed_price","9.9"]},'
        '"variants":{"4101":1},"test":{"id":"t1","b":["fixed_amount","1.50"]}}'
    )


def test_the_bytes_over_are_counted_in_utf8() -> None:
    around = len(metafield_json(configuration(terms_of(columns(skus=[""])))).encode())
    assert bytes_over(configuration(terms_of(columns(skus=["x" * (MOST_BYTES - around)])))) == 0
    assert bytes_over(configuration(terms_of(columns(skus=["x" * (MOST_BYTES - around + 1)])))) == 1
    assert bytes_over(configuration(terms_of(columns(skus=["é" * (MOST_BYTES - around)])))) == MOST_BYTES - around


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, DiscountStatus.ACTIVE),
        ({"starts_at": NOON}, DiscountStatus.ACTIVE),
        ({"starts_at": NOON + timedelta(seconds=1)}, DiscountStatus.SCHEDULED),
        ({"ends_at": NOON}, DiscountStatus.EXPIRED),
        ({"ends_at": NOON + timedelta(seconds=1)}, DiscountStatus.ACTIVE),
        ({"is_active": False}, DiscountStatus.PAUSED),
        ({"is_active": False, "starts_at": NOON + timedelta(days=1)}, DiscountStatus.PAUSED),
        ({"is_active": False, "ends_at": NOON}, DiscountStatus.EXPIRED),
    ],
)
def test_the_status_follows_window_and_pause(fields: dict[str, Any], status: DiscountStatus) -> None:
    assert status_at(terms_of(columns(**fields)), NOON) is status


@given(any_columns(), any_columns())
def test_the_difference_leads_from_one_version_to_the_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    before, after = changed_columns(first, second)
    assert before.keys() == after.keys() == {name for name in second if first[name] != second[name]}
    if "skus" in after:
        assert set(first["skus"]) - set(before["skus"]) | set(after["skus"]) == set(second["skus"])
    if "overrides" in after:
        kept = {k: v for k, v in (first["overrides"] or {}).items() if k not in before["overrides"]}
        assert kept | after["overrides"] == (second["overrides"] or {})


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**11), max_value=10**11))
def test_values_beyond_their_decimals_are_refused(value: Decimal) -> None:
    currencies: list[str | None] = ["JPY", "usd", "KWD", None]
    for currency in currencies:
        terms = terms_of(columns(value_type=ValueType.FIXED_PRICE, value=value))
        step = Decimal(1).scaleb(-decimals_of((currency or "").upper()))
        allowed = value >= 0 and value % step == 0
        assert (term_faults(terms, ShopFacts(currency, None)) == []) == allowed


def test_plans_that_are_plus() -> None:
    for plan in ("Plus", "Plus Trial", "shopify_plus"):
        assert ShopFacts(None, plan).is_plus
    for other in (None, "", "Basic", "Surplus"):
        assert not ShopFacts(None, other).is_plus


def test_skus_and_variants_have_different_names() -> None:
    assert item_name(GID, "d") == "variant:4101#d"
    assert item_name("4101", "d") == "sku:4101#d"
    assert item_name("gid://shopify/ProductVariant/04101", "d").startswith("sku:")
