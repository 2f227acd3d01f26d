"""Recount the usage of a shop's discounts from its orders, and write the differences."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.discounts.service import rebuild
from chalicelib.kit import audit
from chalicelib.kit.errors import Problem, WriteConflict
from chalicelib.shops import service as shops
from infra.ops import actor, output
from infra.ops.errors import CommandRefused


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("rebuild-usage", help="recount the usage of a shop's discounts from its orders")
    parser.add_argument("shop", help="the shop's domain")
    parser.add_argument("--check", action="store_true", help="only count the differences")
    parser.set_defaults(run=rebuild_usage)


def rebuild_usage(arguments: Namespace) -> int:
    """Count a shop again. An interrupted run may be started again: it blocks the shop's messages for at most 14 minutes.

    Raises CommandRefused for no shop's domain, or if the shop's orders keep arriving.
    """
    shop = shops.parse_shop_domain(arguments.shop)
    if shop is None:
        raise CommandRefused("invalid shop domain; expected example.myshopify.com")
    try:
        result = rebuild.check_usage(shop) if arguments.check else rebuild.rebuild_usage(shop)
    except (Problem, WriteConflict) as error:
        raise CommandRefused(f"{shop}: {error}; try again") from error
    if result is None:
        raise CommandRefused(f"{shop}: orders keep arriving; try again, or rebuild without --check")
    if not arguments.check:
        audit.publish_operator_action(actor.operator(), "discounts.rebuild_usage", f"shop:{shop}")
    verb = "differ" if arguments.check else "corrected"
    text = f"{result.orders:,} orders counted, {result.differences:,} rows {verb}"
    output.write_result(arguments, {"orders": result.orders, "differences": result.differences}, text)
    return 0
