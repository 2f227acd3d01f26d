"""Sync the plan catalogue."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.billing import service as billing
from chalicelib.kit import audit
from infra.ops import actor, output


def add(commands: Any) -> None:
    """Declare the command."""
    about = "write the plan catalogue and update Stripe's products, prices and customer portal"
    commands.add_parser("sync-plans", help=about).set_defaults(run=sync)


def sync(arguments: Namespace) -> int:
    """Write the catalogue to our tables and to Stripe."""
    billing.sync_plans()
    audit.publish_operator_action(actor.operator(), "billing.sync_plans", "plans")
    output.write_result(arguments, {"synced": "plans"}, "the plan catalogue is synced")
    return 0
