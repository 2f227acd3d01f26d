"""Shopify's rules for several discounts on one cart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.discounts.domain.combination import Applicable, LeftOutReason, line_savings, preview_cart
from chalicelib.discounts.domain.evaluation import Cart, CartLine
from tests.discounts.domain.cart_strategies import carts, metafields
from tests.examples import examples

CART = Cart([CartLine("0", 2, Decimal("10.00"), "A"), CartLine("1", 1, Decimal("30.00"), "B")], "USD")


def off(value: str, *skus: str, combines: bool = True, name: str = "", **changes: Any) -> Applicable:
    """Return a discount of a percentage on these SKUs, named by its value."""
    metafield = {"v": 1, "type": "percentage", "value": value, "minimum": 1, "skus": dict.fromkeys(skus, 1)}
    return Applicable(name or value, metafield | changes, combines)


def test_a_line_gets_the_discount_that_saves_most():
    preview = preview_cart([off("10", "A", "B"), off("20", "B")], CART)
    assert [(line.amount, line.discount_id) for line in preview.lines] == [
        (Decimal("2.00"), "10"),
        (Decimal("6.00"), "20"),
    ]
    assert (preview.total_before, preview.total_discount, preview.total_after) == (
        Decimal("50.00"),
        Decimal("8.00"),
        Decimal("42.00"),
    )
    assert preview.left_out == {}


def test_one_that_does_not_combine_wins_if_its_total_is_larger():
    alone = off("20", "A", "B", combines=False)
    preview = preview_cart([off("30", "A"), off("10", "B"), alone], CART)
    assert preview.total_discount == Decimal("10.00")
    assert preview.left_out == {"30": LeftOutReason.NOT_COMBINABLE, "10": LeftOutReason.NOT_COMBINABLE}

    preview = preview_cart([off("50", "A"), off("10", "B"), alone], CART)
    assert preview.total_discount == Decimal("13.00")
    assert preview.left_out == {"20": LeftOutReason.NOT_COMBINABLE}


def test_the_first_of_equal_discounts_wins():
    preview = preview_cart([off("10", "A", name="x"), off("10", "A", name="y")], CART)
    assert preview.lines[0].discount_id == "x"
    preview = preview_cart([off("10", "A", name="x", combines=False), off("10", "A", name="y")], CART)
    assert preview.lines[0].discount_id == "y", "those that combine come first"


def test_each_discount_that_is_left_out_says_why():
    preview = preview_cart(
        [
            off("10", "C"),
            off("11", "A", minimum=3),
            off("12", "A", type="fixed_price"),
            off("13", "B"),
            off("14", "B"),
        ],
        CART,
    )
    assert preview.left_out == {
        "10": LeftOutReason.NO_MATCHING_ITEM,
        "11": LeftOutReason.BELOW_MINIMUM_QUANTITY,
        "12": LeftOutReason.PRICE_NOT_LOWER,
        "13": LeftOutReason.OTHERS_SAVE_MORE,
    }


def test_money_is_rounded_half_up_for_each_line():
    cart = Cart([CartLine("0", 3, Decimal("0.05"), "A"), CartLine("1", 1, Decimal("1.005"), "B")], "USD")
    preview = preview_cart([off("50", "A", "B")], cart)
    assert [(line.before, line.amount, line.after) for line in preview.lines] == [
        (Decimal("0.15"), Decimal("0.08"), Decimal("0.07")),
        (Decimal("1.01"), Decimal("0.51"), Decimal("0.50")),
    ]


def test_an_empty_cart_and_no_discount_cost_their_price():
    assert preview_cart([], CART).total_after == Decimal("50.00")
    assert preview_cart([off("10", "A")], Cart([], "USD")).total_after == Decimal("0.00")


@settings(max_examples=examples(50))
@given(st.lists(st.tuples(metafields(), st.booleans()), max_size=4), carts())
def test_no_choice_saves_more_and_lines_add_up(discounts, cart):
    applicable = [Applicable(str(index), metafield, combines) for index, (metafield, combines) in enumerate(discounts)]
    preview = preview_cart(applicable, cart)
    units = Decimal(1).scaleb(-{"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}.get(cart.currency, 2))
    groups = [[each.metafield for each in applicable if each.combines_with_products]]
    groups += [[each.metafield] for each in applicable if not each.combines_with_products]
    totals = []
    for group in groups:
        savings = [line_savings(metafield, cart) for metafield in group]
        best = [max((each.get(index, 0) for each in savings), default=0) for index in range(len(cart.lines))]
        totals.append(sum(best))
    assert preview.total_discount == max(totals) * units
    assert sum(line.amount for line in preview.lines) == preview.total_discount
    assert all(line.before - line.amount == line.after >= 0 for line in preview.lines)
    used = {line.discount_id for line in preview.lines if line.amount}
    assert used | preview.left_out.keys() == {each.discount_id for each in applicable}
    assert not used & preview.left_out.keys()
