"""A plain recount of every figure from the newest states of the orders, written apart from the code that it checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Figures = dict[tuple[str, ...], Row]


@dataclass(frozen=True)
class TrueLine:
    """A line of an order as it is now, with the discounts that are ours by id and type, None for foreign ones."""

    item: str | None
    quantity: int
    left: int
    price: Decimal
    gift_card: bool
    allocations: tuple[tuple[tuple[str, str] | None, Decimal], ...]


@dataclass(frozen=True)
class TrueOrder:
    """An order as it is now."""

    day: date
    created_at: datetime
    customer: str | None
    is_counted: bool
    lines: tuple[TrueLine, ...]


@dataclass
class Recount:
    """The figures: rows with at least one number that is not zero."""

    discounts: Figures = field(default_factory=lambda: defaultdict(Counter))
    discount_days: Figures = field(default_factory=lambda: defaultdict(Counter))
    shop_days: Figures = field(default_factory=lambda: defaultdict(Counter))
    products: Figures = field(default_factory=lambda: defaultdict(Counter))
    product_days: Figures = field(default_factory=lambda: defaultdict(Counter))
    customers: Figures = field(default_factory=lambda: defaultdict(Counter))


def cents(amount: Decimal, left: int, quantity: int, digits: int = 2) -> Decimal:
    """Return amount x left / quantity, half up."""
    scaled = Fraction(amount) * left / quantity * 10**digits
    whole = (2 * scaled + 1) // 2
    return Decimal(int(whole)).scaleb(-digits).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def recount(orders: Iterable[TrueOrder]) -> Recount:
    """Count every figure of the orders."""
    result = Recount()
    users: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    users_of_day: dict[date, set[str]] = defaultdict(set)
    for order in orders:
        if order.is_counted:
            uses = _count_order(result, order)
            if order.customer:
                for use in uses:
                    users[use][order.customer] += 1
                if uses:
                    users_of_day[order.day].add(order.customer)
    for use, customers in users.items():
        result.discounts[use]["unique_customers"] = len(customers)
        result.discounts[use]["repeat_usage_count"] = customers.total() - len(customers)
    for day, of_day in users_of_day.items():
        result.shop_days[(day.isoformat(),)]["unique_customers"] = len(of_day)
    for name in vars(result):
        rows = {key: {k: v for k, v in row.items() if v} for key, row in getattr(result, name).items()}
        setattr(result, name, {key: row for key, row in rows.items() if row})
    return result


def _count_order(result: Recount, order: TrueOrder) -> set[tuple[str, str]]:
    day, uses, revenue, savings, impact, units = order.day.isoformat(), set(), Decimal(0), Decimal(0), Decimal(0), 0
    types: Counter[str] = Counter()
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in order.lines:
        if line.gift_card or not line.left:
            continue
        units += line.left
        given = [(ours, cents(amount, line.left, line.quantity)) for ours, amount in line.allocations]
        before = line.price * line.left
        after = before - sum(amount for _, amount in given)
        revenue += after
        if line.item is None:
            continue
        carries, ending = bool(given), "discount" if given else "regular"
        product, stock = result.products[(line.item,)], result.product_days[(line.item, day)]
        product["units_sold_with_discount" if carries else "units_sold_without_discount"] += line.left
        product["revenue_with_discount" if carries else "revenue_without_discount"] += after
        product["total_discount_given"] += sum(amount for _, amount in given)
        stock["units_sold_with_discount" if carries else "units_sold_regular_price"] += line.left
        stock["revenue_with_discount" if carries else f"revenue_{ending}_price"] += after
        ours = {own for own, _ in given if own}
        impact += after if ours else 0
        for discount, kind in ours:
            amount = sum(each for own, each in given if own == (discount, kind))
            for rows, key in ((result.discounts, ()), (result.discount_days, (day,))):
                row = rows[(*key, discount, line.item)]
                row["units"] += line.left
                row["revenue_before_discount"] += before
                row["discount_amount"] += amount
                row["revenue_after_discount"] += after
                if not key:
                    row["revenue_impact"] += after
            savings += amount
            amounts[kind] += amount
            if (discount, line.item) not in uses:
                uses.add((discount, line.item))
                types[kind] += 1
                result.discounts[discount, line.item]["times_used"] += 1
                result.discount_days[day, discount, line.item]["times_used"] += 1
    shop_day = result.shop_days[(day,)]
    shop_day["total_discounts_used"] += len(uses)
    shop_day["total_revenue_impact"] += impact
    shop_day["total_savings"] += savings
    shop_day["orders"] += bool(units)
    shop_day["orders_with_discount"] += bool(uses)
    if order.customer:
        customer = result.customers[(order.customer,)]
        customer["used"] += len(uses)
        customer["savings"] += savings
        customer["orders"] += 1
        customer["lifetime_value"] += revenue
    return uses
