"""The consumer that notifies members of payments, trials and gifts."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.schemas.dunning import ReminderDue
from chalicelib.billing.schemas.messages import GiftPaid, TrialEnding
from chalicelib.kit.jobs import consumes
from chalicelib.together.service import billing_notices

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-notify_billing", batch_size=1, name="together-notify_billing")
# maximum_concurrency: gifts come in bursts before holidays, one mail for each message
@consumes(GiftPaid, ReminderDue, TrialEnding, maximum_concurrency=5)
def notify_billing(message: GiftPaid | ReminderDue | TrialEnding) -> None:
    """Add the notice of a failed payment or an ending trial, or mail a gift to its recipient."""
    billing_notices.notify(message)
