"""The metafield that the discount function reads."""

from __future__ import annotations

import json
from decimal import Decimal

from chalicelib.discounts.domain.metafield import (
    MOST_BYTES,
    DiscountTerms,
    ItemValue,
    ValueTest,
    build_metafield,
    bytes_over,
    metafield_json,
)
from chalicelib.discounts.enums import ValueType

TEN = ItemValue(ValueType.PERCENTAGE, Decimal(10))


def test_the_metafield_has_items_by_kind_and_their_own_values():
    terms = DiscountTerms(
        TEN,
        ["A", "gid://shopify/ProductVariant/7", "__proto__"],
        {"A": ItemValue(ValueType.FIXED_PRICE, Decimal("9.50"))},
        minimum_quantity=3,
        test=ValueTest("t1", ItemValue(ValueType.PERCENTAGE, Decimal("1E+1"))),
    )
    assert build_metafield(terms) == {
        "v": 1,
        "type": "percentage",
        "value": "10",
        "minimum": 3,
        "skus": {"A": ["fixed_price", "9.50"], "__proto__": 1},
        "variants": {"7": 1},
        "test": {"id": "t1", "b": ["percentage", "10"]},
    }
    assert "test" not in build_metafield(DiscountTerms(TEN, ["A"], {}))


def test_the_text_is_the_json_without_spaces():
    metafield = build_metafield(DiscountTerms(TEN, ["ä b", 'c"d'], {}))
    text = metafield_json(metafield)
    assert json.loads(text) == metafield
    assert '"ä b":1,"c\\"d":1' in text


def test_the_size_is_counted_in_bytes_of_utf_8():
    base = len(metafield_json(build_metafield(DiscountTerms(TEN, ["ä"], {}))).encode())
    largest = "ä" * ((MOST_BYTES - base) // 2 + 1)
    rest = (MOST_BYTES - base) % 2
    assert bytes_over(build_metafield(DiscountTerms(TEN, [largest + "x" * rest], {}))) == 0
    assert bytes_over(build_metafield(DiscountTerms(TEN, [largest + "x" * (rest + 3)], {}))) == 3


def test_over_1000_items_fit():
    assert bytes_over(build_metafield(DiscountTerms(TEN, [f"{n:03x}" for n in range(1200)], {}))) == 0
