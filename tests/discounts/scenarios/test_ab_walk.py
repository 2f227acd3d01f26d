"""A price test from its start to its result: what the visitors of both variants see in the cart, and what they spend."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.service import exposures
from chalicelib.discounts.service import ab_tests
from chalicelib.kit import clock
from tests.discounts.merchants import DiscountShop
from tests.discounts.routes.test_ab_tests import act, add_test, visit
from tests.discounts.scenarios.test_storefront_cart import MUG, enter, fill, pay, storefront

__all__ = ["storefront"]


def test_both_variants_are_priced_and_counted(storefront: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> None:
    ab_tests.forget_running()
    exposures.forget()
    discount = storefront.add(title="Mugs", skus=["MUG"], value_type="percentage", value="10")
    test = add_test(storefront, discount, "50")
    marks: dict[str, str] = {}
    before = clock.now() - timedelta(seconds=1)  # orders' times are whole seconds
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: before)
        assert act(storefront, test, "start").status_code == 200
        for number in range(40):
            mark = visit(storefront, f"visitor-{number:04}").json()["mark"]
            marks.setdefault(mark.split(".")[1], mark)
    assert storefront.drain() == []
    paid = {}
    for variant, mark in sorted(marks.items()):
        fill(storefront, (MUG, 1))
        cart = enter(storefront, attributes={"_backroom_ab": mark})
        paid[variant] = cart["total_price"]
        pay(storefront)
    assert paid == {"a": 1800, "b": 1000}
    assert act(storefront, test, "stop").status_code == 200
    assert storefront.drain() == []
    result = storefront.merchant("GET", f"tests/{test['test_id']}").json()
    sums = {each["variant"]: (each["buyers"], Decimal(each["revenue"])) for each in result["variants"]}
    assert sums == {"a": (1, Decimal(18)), "b": (1, Decimal(10))}
    assert sum(each["visitors"] for each in result["variants"]) == 40
