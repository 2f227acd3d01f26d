"""What an order contributes: units left, shares half up, and nothing of gift cards, void and cancelled orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chalicelib.discounts.domain import shop_money
from chalicelib.discounts.domain.contribution import Contribution, Use, contribution, iterate_use_keys
from chalicelib.discounts.domain.order_lines import Line, OrderLineState, Share
from chalicelib.discounts.domain.order_state import OrderState

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)
OURS = Share("d1", "percentage", Decimal("1.00"))
FOREIGN = Share(None, None, Decimal("2.00"))
LINE = OrderLineState(Line("l1", "RED", 3, 3, Decimal("10.00")), (OURS,))
ORDER = OrderState("o1", date(2026, 11, 1), AT, "USD", snapshot_key="1", lines=(LINE,))


@pytest.mark.parametrize(("returned", "amount"), [(0, "1.00"), (1, "0.67"), (2, "0.33"), (3, None), (4, None)])
def test_an_allocation_counts_by_its_units_left(returned: int, amount: str | None) -> None:
    part = contribution(replace(ORDER, refunds={"r1": {"l1": returned}}))
    assert part.savings == Decimal(amount or 0)
    assert bool(part.uses) is (amount is not None)


def test_half_a_minor_unit_rounds_up() -> None:
    assert shop_money.share(Decimal("0.01"), 1, 2, "USD") == Decimal("0.01")
    assert shop_money.share(Decimal(1), 1, 2, "JPY") == 1
    assert shop_money.share(Decimal("0.001"), 1, 2, "KWD") == Decimal("0.001")
    assert shop_money.share(Decimal("9.99"), 0, 2, "USD") == 0


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1e16", "1e-10"])
def test_what_is_no_amount_of_money_is_refused(amount: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        shop_money.require_amount(Decimal(amount))


def test_the_smaller_of_edit_and_refund_is_left() -> None:
    line = replace(LINE, line=replace(LINE.line, current_quantity=2))
    part = contribution(replace(ORDER, lines=(line,), refunds={"r1": {"l1": 1}}))
    assert part.uses["d1", "RED"].units == 2


def test_every_allocation_lowers_the_revenue_and_only_ours_are_savings() -> None:
    part = contribution(replace(ORDER, lines=(replace(LINE, shares=(OURS, FOREIGN)),)))
    assert part.uses == {("d1", "RED"): Use("percentage", 3, Decimal(30), Decimal(1), Decimal(27))}
    assert [part.savings, part.revenue_impact, part.revenue] == [1, 27, 27]
    assert part.items["RED"].given == 3


def test_two_lines_of_an_item_are_one_use() -> None:
    second = replace(LINE, line=replace(LINE.line, line_id="l2"))
    use = contribution(replace(ORDER, lines=(LINE, second))).uses["d1", "RED"]
    assert [use.units, use.amount, use.after] == [6, 2, 58]


def test_a_line_with_two_of_our_discounts_has_its_revenue_once() -> None:
    part = contribution(replace(ORDER, lines=(replace(LINE, shares=(OURS, replace(OURS, discount_id="d2"))),)))
    assert [len(part.uses), part.revenue_impact, part.savings] == [2, 28, 2]


def test_a_foreign_discount_is_no_use_but_a_discounted_sale() -> None:
    part = contribution(replace(ORDER, lines=(replace(LINE, shares=(FOREIGN,)),)))
    assert [part.uses, part.revenue_impact, part.items["RED"].units_discounted] == [{}, 0, 3]


@pytest.mark.parametrize(
    "order",
    [
        None,
        replace(ORDER, cancelled_at=AT),
        replace(ORDER, is_void=True),
        replace(ORDER, snapshot_key=""),
    ],
)
def test_a_cancelled_void_or_unknown_order_contributes_nothing(order: OrderState | None) -> None:
    assert contribution(order) == Contribution()


def test_a_gift_card_contributes_nothing_though_its_order_counts() -> None:
    card = replace(LINE, line=replace(LINE.line, gift_card=True))
    part = contribution(replace(ORDER, lines=(card,)))
    assert part == Contribution(is_counted=True)
    assert list(iterate_use_keys(replace(ORDER, lines=(card,)))) == []


def test_money_refunded_without_lines_changes_nothing() -> None:
    assert contribution(replace(ORDER, refunds={"r1": {}})) == contribution(ORDER)


def test_a_line_without_sku_and_variant_is_revenue_alone() -> None:
    part = contribution(replace(ORDER, lines=(replace(LINE, line=replace(LINE.line, item=None)),)))
    assert [part.uses, part.items, part.revenue, part.has_units] == [{}, {}, 29, True]


def test_cancelled_orders_were_still_seen_to_carry_the_discount() -> None:
    assert list(iterate_use_keys(replace(ORDER, cancelled_at=AT))) == [("d1", "RED")]
