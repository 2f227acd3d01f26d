"""The dashboard's figures equal a plain recount of the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.dashboard import CurrencyFigures, ShopDay, UsageDay, combine, summarize

DAYS = [date(2026, 10, 30) + timedelta(days=number) for number in range(7)]
MONEY = st.decimals(min_value=0, max_value=10_000, places=2)
CURRENCIES = st.sampled_from(["USD", "JPY"])
USAGES = st.lists(
    st.builds(
        UsageDay,
        day=st.sampled_from(DAYS),
        discount_id=st.sampled_from("abc"),
        sku=st.sampled_from([f"SKU-{number}" for number in range(15)]),
        currency=CURRENCIES,
        uses=st.integers(0, 5),
        savings=MONEY,
        revenue=MONEY,
    ),
    max_size=40,
)
SHOP_DAYS = st.dictionaries(
    st.tuples(st.sampled_from(DAYS), CURRENCIES),
    st.tuples(st.integers(0, 9), MONEY, MONEY, st.integers(0, 9)),
).map(lambda days: [ShopDay(day, currency, *figures) for (day, currency), figures in days.items()])


@given(usages=USAGES, shop_days=SHOP_DAYS)
def test_the_figures_equal_a_recount(usages: list[UsageDay], shop_days: list[ShopDay]) -> None:
    summary = summarize("a", DAYS, usages, shop_days)
    for currency in ("USD", "JPY"):
        used = [each for each in usages if each.currency == currency and each.uses]
        days = [each for each in shop_days if each.currency == currency]
        figures = summary.get(currency, CurrencyFigures(currency))
        assert figures.discounts == len({each.discount_id for each in used})
        assert figures.skus == len({each.sku for each in used})
        assert figures.total.uses == sum(each.uses for each in days)
        assert figures.total.orders == sum(each.orders for each in days)
        assert figures.total.savings == sum((each.savings for each in days), Decimal(0))
        assert figures.total.revenue == sum((each.revenue for each in days), Decimal(0))
        assert [each.savings for each in figures.top_skus] == top_savings([(each.sku, each.savings) for each in used])
        by_discount = [(each.discount_id, each.savings) for each in used]
        assert [each.savings for each in figures.top_discounts] == top_savings(by_discount)


def top_savings(pairs: Sequence[tuple[str, Decimal]]) -> list[Decimal]:
    sums: Counter[str] = Counter()
    for name, savings in pairs:
        sums[name] += savings  # type: ignore[assignment]
    return sorted((Decimal(amount) for amount in sums.values()), reverse=True)[:10]


def test_the_trend_has_every_day() -> None:
    day = ShopDay(DAYS[3], "USD", 2, Decimal("4.00"), Decimal("16.00"), 2)
    figures = summarize("a", DAYS, [], [day])["USD"]
    assert [each.day for each in figures.trend] == DAYS
    assert [each.uses for each in figures.trend] == [0, 0, 0, 2, 0, 0, 0]


def test_stores_are_added_by_date() -> None:
    """A store in another zone may have another last day."""
    first = summarize("a", DAYS[:2], [], [ShopDay(DAYS[1], "USD", 1, Decimal(2), Decimal(8), 1)])["USD"]
    second = summarize("b", DAYS[1:3], [], [ShopDay(DAYS[1], "USD", 3, Decimal(6), Decimal(24), 2)])["USD"]
    both = combine([first, second])
    assert [each.day for each in both.trend] == DAYS[:3]
    assert [(each.uses, each.orders, each.savings) for each in both.trend][1] == (4, 3, Decimal(8))


def test_the_best_of_several_stores_are_listed() -> None:
    def usage(sku: str, savings: int) -> UsageDay:
        return UsageDay(DAYS[0], f"d-{sku}", sku, "USD", 1, Decimal(savings), Decimal(1))

    stores = [
        summarize(shop, DAYS, [usage(f"{shop}{number}", number * 2 + extra) for number in range(12)], [])["USD"]
        for extra, shop in enumerate("ab")
    ]
    both = combine(stores)
    assert (both.skus, both.discounts) == (24, 24)
    assert [(each.shop, each.sku) for each in both.top_skus][:3] == [("b", "b11"), ("a", "a11"), ("b", "b10")]
    assert len(both.top_skus) == len(both.top_discounts) == 10
