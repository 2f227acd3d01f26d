"""The consumer that sends e-mails to members."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.together.schemas.messages import AccountMailRequested, NotificationDue
from chalicelib.together.service import account_mail_delivery, notice_delivery

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-send_notification", batch_size=1, name="together-send_notification")
# maximum_concurrency: members wait for sign-in mails; reminders of one time zone are due at once
@consumes(NotificationDue, AccountMailRequested, maximum_concurrency=5)
def send_notification(message: NotificationDue | AccountMailRequested) -> None:
    """Send the e-mail of a notice or one about an account."""
    if isinstance(message, AccountMailRequested):
        account_mail_delivery.send_requested_mail(message)
    else:
        notice_delivery.send_notice(message)
