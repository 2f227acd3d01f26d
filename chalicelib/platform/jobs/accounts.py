"""The jobs of accounts: their mails, and the daily schedule that ends them."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.platform.schemas.account_messages import AccountMailOrdered
from chalicelib.platform.service import account_mail, accounts

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-send_account_mail", batch_size=1, name="platform-send_account_mail")
@consumes(AccountMailOrdered)
def send_account_mail(message: AccountMailOrdered) -> None:
    """Send an e-mail about an account of an owner or of staff."""
    account_mail.send_account_mail(message)


@bp.schedule("rate(1 day)", name="platform-expire_accounts")
@scheduled("platform-expire_accounts", lease_seconds=300)
def expire_accounts(run: ScheduledRun) -> None:
    """Remove accounts that were not verified in 7 days, and request the erasure of those deleted 7 days ago."""
    accounts.expire_owners(run.due)
