"""The consumer of SES's reports of e-mails to members."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.jobs import consumes
from chalicelib.together.service import mail_failures

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-record_mail_feedback", batch_size=10, name="together-record_mail_feedback")
@consumes(EmailReported)
def record_mail_feedback(message: EmailReported) -> None:
    """Stop the e-mails to a member if they bounce or cause a complaint."""
    mail_failures.record_report(message)
