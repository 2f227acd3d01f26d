"""The schedule that ends accounts: those that were not verified, and those that were deleted."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.together.service import account_deletion

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="together-expire_accounts")
@scheduled("together-expire_accounts", lease_seconds=300)
def expire_accounts(run: ScheduledRun) -> None:
    """Remove accounts that were not verified in 7 days, and request the erasure of those deleted 7 days ago."""
    account_deletion.expire_accounts(run.due)
