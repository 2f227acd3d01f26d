"""The daily schedule that ends accounts and removes addresses of perks."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.together.service import account_deletion, perk_addresses

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="together-expire_accounts")
@scheduled("together-expire_accounts", lease_seconds=300)
def expire_accounts(run: ScheduledRun) -> None:
    """Remove accounts that were not verified in 7 days, and request the erasure of those deleted 7 days ago.

    The addresses of old perks are removed, too, also if an account failed.
    """
    try:
        account_deletion.expire_accounts(run.due)
    finally:
        perk_addresses.remove_old_addresses(run.due, run.last_completed)
