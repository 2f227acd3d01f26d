"""Enter exchange rates to the reporting currency."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from chalicelib.analytics.service import exchange_rates
from chalicelib.kit import audit
from infra.ops import actor, output


def add(commands: Any) -> None:
    """Declare the command."""
    about = "enter the exchange rates of a CSV file with the columns currency, date and rate"
    parser = commands.add_parser("exchange-rates", help=about)
    parser.add_argument("file", type=Path)
    parser.set_defaults(run=enter)


def enter(arguments: Namespace) -> int:
    """Enter all rates of the file, or none if one is invalid."""
    count = exchange_rates.import_rates(arguments.file.read_text(encoding="utf-8"))
    audit.publish_operator_action(actor.operator(), "analytics.put_exchange_rates", f"exchange rates:{count}")
    output.write_result(arguments, {"entered": count}, f"{count} exchange rates entered")
    return 0
