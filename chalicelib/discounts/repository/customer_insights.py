"""Rows of customers' figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from chalicelib.discounts.domain.customer_figures import CustomerFigures
from chalicelib.discounts.models import CustomerInsight
from chalicelib.kit.tables import get_many, put_if
from chalicelib.kit.threads import map_in_threads

MAX_KEYS = 100
"""Keys of one BatchGetItem."""


def find_customers(shop: str, keys: Iterable[str]) -> dict[str, CustomerFigures]:
    """Return the figures of the customers that have a row, by key; one consistent call for each 100 customers."""
    names = sorted(set(keys))
    chunks = [names[start : start + MAX_KEYS] for start in range(0, len(names), MAX_KEYS)]

    def find(chunk: list[str]) -> list[CustomerInsight | None]:
        return get_many([(CustomerInsight, (shop, key)) for key in chunk], consistent=True)

    return {row.customer_id: to_figures(row) for rows in map_in_threads(find, chunks) for row in rows if row}


def to_figures(row: CustomerInsight) -> CustomerFigures:
    """Return the figures in a row."""
    return CustomerFigures(
        used=row.total_discounts_used,
        savings=row.total_savings,
        orders=row.orders,
        lifetime_value=row.lifetime_value,
        uses=row.uses,
        types={name: (uses, Decimal(savings)) for name, (uses, savings) in row.types.items()},
        days={date.fromisoformat(day): uses for day, uses in row.days.items()},
        last_purchase=row.last_purchase_date,
    )


def to_row(shop: str, key: str, figures: CustomerFigures, currency: str, sequence: int) -> CustomerInsight:
    """Return the row that journal number `sequence` writes."""
    return CustomerInsight(
        shop,
        key,
        total_discounts_used=figures.used,
        total_savings=figures.savings,
        favorite_discount_type=figures.favorite_type,
        orders=figures.orders,
        avg_order_value=figures.average_order(currency),
        purchase_frequency=figures.orders,
        last_purchase_date=figures.last_purchase,
        customer_segment=figures.segment,
        lifetime_value=figures.lifetime_value,
        uses=dict(figures.uses),
        types={name: list(pair) for name, pair in figures.types.items()},
        days={day.isoformat(): uses for day, uses in figures.days.items()},
        currency=currency,
        journal_seq=sequence,
    )


def put_customer(row: CustomerInsight) -> None:
    """Write the row unless its journal, or a later one, has written it."""
    sequence = CustomerInsight.journal_seq
    put_if(row, sequence.does_not_exist() | (sequence < row.journal_seq))
