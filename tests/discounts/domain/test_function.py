"""The discount function in JavaScript and its evaluation in Python give equal results."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import graphql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.discounts.domain.evaluation import Cart, CartLine, evaluate
from chalicelib.discounts.domain.function_output import OUTPUT_BYTES, function_result
from tests.discounts.domain.cart_strategies import CURRENCIES, carts, metafields, rates
from tests.discounts.domain.function_runs import SOURCE, function_input, run_function
from tests.examples import examples


def assert_equal_results(configuration: object, cart: Cart) -> dict[str, Any]:
    result, size = run_function(configuration, cart)
    assert result == function_result(evaluate(configuration, cart), cart.lines)
    assert size <= max(OUTPUT_BYTES, 100 * len(cart.lines))
    return result


@settings(max_examples=examples(150))
@given(metafields(), carts())
def test_function_and_evaluation_are_equal(configuration, cart):
    assert_equal_results(configuration, cart)


def large_cart(lines: int, currency: str, rate: Decimal, seed: int) -> Cart:
    """Return a cart whose lines have long ids and nearly all different prices."""
    return Cart(
        [
            CartLine(
                f"gid://shopify/CartLine/{'0' * (seed % 60)}{index}",
                index * 7 % 5 + 1,
                Decimal((index * 7919 + seed) % 90000) / 100,
                f"SKU-{index:04}",
                f"gid://shopify/ProductVariant/{index}",
            )
            for index in range(lines)
        ],
        currency,
        rate,
    )


@settings(max_examples=examples(10))
@given(st.integers(100, 400), st.sampled_from(CURRENCIES), rates(), st.integers(0, 10**6), st.booleans())
def test_results_of_large_carts_are_equal_and_within_their_bytes(lines, currency, rate, seed, has_own_values):
    kinds = ["percentage", "fixed_amount", "fixed_price"]
    own = {
        f"SKU-{index:04}": [kinds[(index + seed) % 3], f"{(index * 31 + seed) % 9000 / 100:.2f}"]
        if has_own_values
        else 1
        for index in range(lines)
    }
    configuration = {"v": 1, "type": "fixed_price", "value": "3.5", "minimum": 1, "skus": own, "variants": {}}
    assert_equal_results(configuration, large_cart(lines, currency, rate, seed))


def test_a_full_output_keeps_the_largest_savings_and_their_order():
    cart = large_cart(200, "USD", Decimal(1), 0)
    configuration = {"v": 1, "type": "fixed_price", "value": "1", "skus": {line.sku: 1 for line in cart.lines}}
    result, size = run_function(configuration, cart)
    assert size > OUTPUT_BYTES - 200
    candidates = result["operations"][0]["productDiscountsAdd"]["candidates"]
    kept = [target["cartLine"]["id"] for candidate in candidates for target in candidate["targets"]]
    savings = {line.line_id: (line.price - 1) * line.quantity for line in cart.lines if line.price > 1}
    dropped = savings.keys() - kept
    assert dropped
    assert max(savings[line_id] for line_id in dropped) <= min(savings[line_id] for line_id in kept)
    assert kept == sorted(kept, key=lambda line_id: int(line_id.rpartition("/")[2]))


ONE_LINE = Cart(
    [CartLine("gid://shopify/CartLine/0", 2, Decimal("20.00"), "A", "gid://shopify/ProductVariant/7")], "USD"
)
TEN = {"v": 1, "type": "percentage", "value": "10", "minimum": 1, "skus": {"A": 1}, "variants": {}}


def values(result: dict[str, Any]) -> list[Any]:
    if not result["operations"]:
        return []
    addition = result["operations"][0]["productDiscountsAdd"]
    assert addition["selectionStrategy"] == "ALL"
    assert all(list(candidate) == ["targets", "value"] for candidate in addition["candidates"])
    return [candidate["value"] for candidate in addition["candidates"]]


def off(amount: str) -> dict[str, Any]:
    return {"fixedAmount": {"amount": amount, "appliesToEachItem": True}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [{"percentage": {"value": "10"}}]),
        ({"type": "fixed_amount", "value": "5"}, [off("5.00")]),
        ({"type": "fixed_amount", "value": "25"}, [off("20.00")]),
        ({"type": "fixed_price", "value": "12.5"}, [off("7.50")]),
        ({"type": "fixed_price", "value": "20"}, []),
        ({"type": "fixed_price", "value": "0"}, [off("20.00")]),
        ({"minimum": 2}, [{"percentage": {"value": "10"}}]),
        ({"minimum": 3}, []),
        ({"skus": {"a": 1}}, []),
        ({"skus": {}, "variants": {"7": 1}}, [{"percentage": {"value": "10"}}]),
        ({"skus": {"A": ["fixed_amount", "1"]}}, [off("1.00")]),
        ({"skus": {"A": ["fixed_amount", "1"]}, "variants": {"7": ["fixed_amount", "2"]}}, [off("2.00")]),
        ({"skus": {"A": ["fixed_amount", "1"]}, "variants": {"7": 1}}, [off("1.00")]),
        ({"v": 2}, []),
        ({"value": "100.01"}, []),
        ({"value": "0"}, []),
        ({"value": "12.345"}, []),
    ],
)
def test_the_rules_of_one_line(changes, expected):
    assert values(assert_equal_results({**TEN, **changes}, ONE_LINE)) == expected


@pytest.mark.parametrize(
    ("currency", "rate", "price", "expected"),
    [
        ("JPY", "149.5", "3000", "748"),  # 5 x 149.5 = 747.5
        ("KWD", "0.3071", "6.140", "1.536"),  # 1.5355
        ("EUR", "0.9", "18.00", "4.50"),
        ("USD", "1", "20.00", "5.00"),
        ("EUR", "0.90100000000000000000001", "18.00", "4.51"),  # 4.505…01
        ("EUR", "0.901", "18.00", "4.51"),  # 4.505
        ("EUR", "0.90099999999999", "18.00", "4.50"),
        ("EUR", "0.00000001", "18.00", None),  # 0.00
        ("EUR", "0.90099999999999999999999", "18.00", "4.50"),
    ],
)
def test_money_is_converted_half_up(currency, rate, price, expected):
    cart = Cart([replace(ONE_LINE.lines[0], price=Decimal(price))], currency, Decimal(rate))
    configuration = {**TEN, "type": "fixed_amount", "value": "5"}
    assert values(assert_equal_results(configuration, cart)) == ([off(expected)] if expected else [])


def test_the_minimum_counts_the_units_of_all_matching_lines():
    lines = [replace(ONE_LINE.lines[0], line_id=f"gid://shopify/CartLine/{n}", quantity=1) for n in range(3)]
    cheap = replace(lines[0], line_id="gid://shopify/CartLine/9", price=Decimal(1))
    configuration = {**TEN, "type": "fixed_price", "value": "15", "minimum": 4}
    assert values(assert_equal_results(configuration, Cart(lines, "USD"))) == []
    assert values(assert_equal_results(configuration, Cart([*lines, cheap], "USD"))) == [off("5.00")]


@pytest.mark.parametrize(
    ("mark", "expected"), [("t1.b.v.m", "20"), ("t1.a.v.m", "10"), ("t10.b.v.m", "10"), ("t1", "10"), (None, "10")]
)
def test_a_test_replaces_the_value_of_the_discount_only(mark, expected):
    configuration = {**TEN, "test": {"id": "t1", "b": ["percentage", "20"]}}
    cart = replace(ONE_LINE, mark=mark)
    assert values(assert_equal_results(configuration, cart)) == [{"percentage": {"value": expected}}]
    own = {**configuration, "skus": {"A": ["percentage", "30"]}}
    assert values(assert_equal_results(own, cart)) == [{"percentage": {"value": "30"}}]


def test_lines_with_the_same_value_share_a_candidate_in_line_order():
    prices = ["20.00", "30.00", "20.00", "2.00"]
    lines = [
        replace(ONE_LINE.lines[0], line_id=f"gid://shopify/CartLine/{n}", price=Decimal(p))
        for n, p in enumerate(prices)
    ]
    result = assert_equal_results({**TEN, "type": "fixed_price", "value": "10"}, Cart(lines, "USD"))
    candidates = result["operations"][0]["productDiscountsAdd"]["candidates"]
    assert [candidate["value"] for candidate in candidates] == [off("10.00"), off("20.00")]
    ids = [[target["cartLine"]["id"][-1] for target in candidate["targets"]] for candidate in candidates]
    assert ids == [["0", "2"], ["1"]]


def test_another_class_or_no_metafield_gives_no_operations():
    assert run_function(TEN, ONE_LINE, classes=("ORDER", "SHIPPING"))[0] == {"operations": []}
    assert run_function(TEN, ONE_LINE, has_metafield=False)[0] == {"operations": []}
    assert run_function(TEN, Cart([], "USD"))[0] == {"operations": []}
    assert run_function(TEN, ONE_LINE, classes=("ORDER", "PRODUCT"))[0]["operations"]


def test_the_extension_declares_its_files_and_handle():
    folder = SOURCE.parents[1]
    extension = tomllib.loads((folder / "shopify.extension.toml").read_text())
    assert extension["api_version"] == "2026-10"
    (function,) = extension["extensions"]
    assert function["handle"] == "sku-discount"
    (targeting,) = function["targeting"]
    assert targeting["target"] == "cart.lines.discounts.generate.run"
    assert (folder / targeting["input_query"]).exists()
    assert "export function cartLinesDiscountsGenerateRun(input)" in SOURCE.read_text()


def test_the_query_asks_for_what_the_function_reads():
    query = graphql.parse((SOURCE.parent / "cart_lines_discounts_generate_run.graphql").read_text())
    operation: Any = query.definitions[0]
    assert selected_paths(operation.selection_set) == paths(function_input(TEN, ONE_LINE, ("PRODUCT",), True)) | {
        "cart.attribute.value"
    }


def selected_paths(selection_set: Any, prefix: str = "") -> set[str]:
    found = set()
    for field in selection_set.selections:
        name = f"{prefix}{field.name.value}." if hasattr(field, "name") else prefix
        found |= selected_paths(field.selection_set, name) if field.selection_set else {name[:-1]}
    return found


def paths(value: Any, prefix: str = "") -> set[str]:
    if isinstance(value, dict) and not prefix.endswith("jsonValue."):
        return set().union(*(paths(each, f"{prefix}{name}.") for name, each in value.items()))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return paths(value[0], prefix)
    return set() if value is None else {prefix[:-1]}


def test_equal_savings_are_kept_in_line_order():
    lines = [replace(ONE_LINE.lines[0], line_id=f"gid://shopify/CartLine/{n:0200}") for n in range(200)]
    result = assert_equal_results(TEN, Cart(lines, "USD"))
    (candidate,) = result["operations"][0]["productDiscountsAdd"]["candidates"]
    numbers = [int(target["cartLine"]["id"][-5:]) for target in candidate["targets"]]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) < len(lines)


@pytest.mark.parametrize(("rate", "expected"), [("1.000", "5.00"), ("1.000000000000000001", "5.01")])
def test_a_rate_that_is_nearly_one_counts(rate, expected):
    configuration = {**TEN, "type": "fixed_amount", "value": "5.004999999999999999"}
    cart = replace(ONE_LINE, rate=Decimal(rate))
    assert values(assert_equal_results(configuration, cart)) == [off(expected)]
