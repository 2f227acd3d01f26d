"""Estimate the cost of the app `discounts` from measured units (docs/costs.md) and the prices in the README."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.docs.costs_page import COSTS
from infra.ops import output

MESSAGES = 3
"""Webhooks of an order: created, paid, updated."""
FIRST_UNITS = 11
"""Write units of an order's first message in a batch of its own: figures and head, the order, the customer."""
LATER_UNITS = 4
"""Write units of each later message: the order, the customer, the head."""
SKU_UNITS = 2
"""Write units of a SKU at a day's close."""
BYTES = 3_000
"""Of an order in a year: its row, its share of the customer's row, and its webhooks, which live for 30 days."""
MILLION = Decimal(1_000_000)
WRITES, STORAGE, CALLS, SENDS = Decimal("0.625"), Decimal("0.45"), Decimal("3.70"), Decimal("0.90")
"""US dollars: a million write units, a GB with its recovery, a million calls of API and Lambda, a million sends."""
DAYS = 30
MAX_SHOPS, MAX_EVENTS, MAX_BYTES = 100, 1_000_000, 5 * 10**9


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a month costs. `bytes_stored` is after a year."""

    shops: int
    events: int
    write_units: int
    bytes_stored: int

    @property
    def dollars(self) -> Decimal:
        """The cost of a month in US dollars, of which storage is that after a year."""
        calls = (CALLS + SENDS) * self.events / MILLION
        stored = STORAGE * self.bytes_stored / 10**9
        return (WRITES * self.write_units / MILLION + calls + stored).quantize(Decimal("0.01"))

    def warnings(self) -> Iterator[str]:
        """Yield what to consider at this size."""
        if self.shops > MAX_SHOPS:
            yield f"over {MAX_SHOPS} shops: check the account's quota of concurrent Lambda executions"
        if self.events > MAX_EVENTS:
            yield f"over {MAX_EVENTS:,} events a month: compare provisioned capacity of DynamoDB with on-demand"
        if self.bytes_stored > MAX_BYTES:
            yield f"over {MAX_BYTES // 10**9} GB of data: consider shorter lives of orders (docs/retention.md)"


def add(commands: Any) -> None:
    """Declare the command."""
    parser: ArgumentParser = commands.add_parser("estimate", help="estimate the monthly cost of the app discounts")
    parser.add_argument("--shops", type=int, required=True, help="shops with the app")
    parser.add_argument("--orders", type=int, required=True, help="orders of one shop in a month")
    parser.add_argument("--skus", type=int, default=50, help="SKUs of one shop that are sold or discounted (50)")
    parser.set_defaults(run=show_estimate)


def show_estimate(arguments: Namespace) -> int:
    """Print the estimate, and what to consider at this size."""
    estimate = estimate_month(max(0, arguments.shops), max(0, arguments.orders), max(0, arguments.skus))
    lines = {
        "events a month": f"{estimate.events:,}",
        "write units a month": f"{estimate.write_units:,}",
        "data after a year": f"{estimate.bytes_stored / 10**9:,.2f} GB",
        "cost a month": f"{estimate.dollars:,} US dollars",
    }
    fields = {
        "events": estimate.events,
        "write_units": estimate.write_units,
        "bytes_stored": estimate.bytes_stored,
        "dollars": estimate.dollars,
        "warnings": list(estimate.warnings()),
    }
    text = [f"{name:<20} {value:>22}" for name, value in lines.items()]
    output.write_result(arguments, fields, "\n".join([*text, *estimate.warnings()]))
    return 0


def estimate_month(shops: int, orders: int, skus: int) -> Estimate:
    """Return the estimate for shops that each have this number of orders a month, and of SKUs.

    Each message counts as a batch of its own, which is the most that it can cost.
    """
    webhook = COSTS["Shopify's webhook, first delivery"].write_units
    of_order = FIRST_UNITS + (MESSAGES - 1) * LATER_UNITS + MESSAGES * webhook
    units = shops * (orders * of_order + skus * SKU_UNITS * DAYS)
    return Estimate(shops, shops * orders * MESSAGES, units, shops * orders * 12 * BYTES)
