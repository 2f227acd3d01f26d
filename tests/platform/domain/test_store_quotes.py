"""The quote of an order: refusals, and totals that equal a recomputation in any currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.minor_units import decimals_of
from chalicelib.platform.domain.store_discount_codes import DiscountCode
from chalicelib.platform.domain.store_order_terms import Catalogue, OrderItem, OrderTerms, Product
from chalicelib.platform.domain.store_prices import Price
from chalicelib.platform.domain.store_quotes import compose_quote
from chalicelib.platform.domain.store_stock import StockLevel
from chalicelib.platform.enums import CodeValueType
from chalicelib.platform.errors import InvalidDiscountCode, InvalidOrder, OutOfStock

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TEA = Product("p1", "TEA", "Tea", True, (Price("USD", Decimal("3.50")), Price("USD", Decimal(3), minimum_quantity=10)))
POT = Product("p2", "POT", "Pot", True, (Price("USD", Decimal("19.99")),))
CATALOGUE = Catalogue({"TEA": TEA, "POT": POT})
TERMS = OrderTerms("USD", (OrderItem("TEA", 2), OrderItem("POT", 1)), NOON)


def test_a_quote_has_prices_discounts_and_totals():
    code = DiscountCode("d", CodeValueType.PERCENTAGE, Decimal(15), "USD")
    terms = replace(TERMS, tax_total=Decimal("1.20"), shipping_total=Decimal(5), has_code=True)
    quote = compose_quote(terms, replace(CATALOGUE, code=code, levels=[StockLevel("p2", "north", 1, 0)]))
    assert [(str(line.unit_price), str(line.discount_amount), str(line.total)) for line in quote.lines] == [
        ("3.50", "1.05", "5.95"),
        ("19.99", "3.00", "16.99"),
    ]
    assert [line.location for line in quote.lines] == [None, "north"]
    amounts = (quote.subtotal, quote.discount_total, quote.tax_total, quote.shipping_total, quote.total)
    assert [str(amount) for amount in amounts] == ["26.99", "4.05", "1.20", "5.00", "29.14"]
    assert quote.discount_id == "d"


def test_the_quantity_of_a_line_chooses_its_price():
    quote = compose_quote(replace(TERMS, items=(OrderItem("TEA", 9), OrderItem("TEA", 10))), CATALOGUE)
    assert [str(line.unit_price) for line in quote.lines] == ["3.50", "3.00"]


def test_every_item_without_an_active_product_or_price_is_named():
    terms = replace(TERMS, items=(OrderItem("NONE", 1), OrderItem("TEA", 1), OrderItem("OLD", 1), OrderItem("BARE", 1)))
    products = {"TEA": TEA, "OLD": replace(TEA, is_sold=False), "BARE": replace(TEA, prices=())}
    with pytest.raises(InvalidOrder) as refusal:
        compose_quote(terms, Catalogue(products))
    assert [error["path"] for error in refusal.value.errors] == [f"body.items.{at}.sku" for at in (0, 2, 3)]


@pytest.mark.parametrize(("currency", "amount"), [("USD", "0.001"), ("JPY", "0.5"), ("KWD", "0.0001")])
@pytest.mark.parametrize("name", ["tax_total", "shipping_total"])
def test_an_amount_with_too_many_decimals_is_refused(currency, amount, name):
    amounts: dict[str, Any] = {name: Decimal(amount)}
    with pytest.raises(InvalidOrder, match=f"body.{name}"):
        compose_quote(replace(TERMS, currency=currency, **amounts), CATALOGUE)


def test_a_total_that_no_column_holds_is_refused():
    dear = replace(POT, prices=(Price("USD", Decimal(10) ** 14),))
    with pytest.raises(InvalidOrder, match="too large"):
        compose_quote(replace(TERMS, items=(OrderItem("POT", 10),)), Catalogue({"POT": dear}))


def test_a_code_that_no_discount_has_is_refused():
    with pytest.raises(InvalidDiscountCode):
        compose_quote(replace(TERMS, has_code=True), CATALOGUE)


def test_a_quote_of_more_than_the_stock_is_refused():
    with pytest.raises(OutOfStock):
        compose_quote(TERMS, replace(CATALOGUE, levels=[StockLevel("p1", "north", 1, 0)]))


@st.composite
def quote_cases(draw: st.DrawFn) -> tuple[OrderTerms, Catalogue]:
    currency = draw(st.sampled_from(["JPY", "USD", "KWD"]))
    decimals = decimals_of(currency)
    amounts = st.integers(0, 10**7).map(lambda units: Decimal(units).scaleb(-decimals))
    products = {
        f"S{number}": Product(f"p{number}", f"S{number}", "Thing", True, (Price(currency, draw(amounts)),))
        for number in range(draw(st.integers(1, 5)))
    }
    item = st.builds(OrderItem, st.sampled_from(sorted(products)), st.integers(1, 50))
    value_type = draw(st.sampled_from(CodeValueType))
    value = draw(st.decimals("0.0001", "100", places=4)) if value_type is CodeValueType.PERCENTAGE else draw(amounts)
    code = DiscountCode("d", value_type, value, currency)
    terms = OrderTerms(
        currency,
        tuple(draw(st.lists(item, min_size=1, max_size=6))),
        NOON,
        tax_total=draw(amounts),
        shipping_total=draw(amounts),
        has_code=draw(st.booleans()),
    )
    return terms, Catalogue(products, code=code)


@given(quote_cases())
def test_totals_equal_a_recomputation_from_the_lines(case):
    terms, catalogue = case
    quote = compose_quote(terms, catalogue)
    assert quote.subtotal == sum(line.quantity * line.unit_price for line in quote.lines)
    assert quote.discount_total == sum(line.discount_amount for line in quote.lines)
    assert quote.total == quote.subtotal - quote.discount_total + terms.tax_total + terms.shipping_total
    for line, item in zip(quote.lines, terms.items, strict=True):
        assert (line.sku, line.quantity) == (item.sku, item.quantity)
        assert line.total == line.quantity * line.unit_price - line.discount_amount >= 0
    assert {-int(amount.as_tuple().exponent) for amount in (quote.total, quote.subtotal, quote.discount_total)} == {
        decimals_of(terms.currency)
    }
    assert (quote.discount_id is not None) == terms.has_code
