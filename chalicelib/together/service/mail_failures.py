"""Failed e-mails of members. Ten in a row, a hard bounce or a complaint stop all but those about the account."""

from __future__ import annotations

from chalicelib.kit import clock, logs
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.retries import retry_conflicts
from chalicelib.together.domain.mail_delivery import MailState
from chalicelib.together.metrics import MAILS_FAILED
from chalicelib.together.models import User
from chalicelib.together.repository import mail_states, users

TENANT = "together"
PERMANENT = "Permanent"
"""A bounce after which every other e-mail would bounce, too."""

log = logs.logger("together")


def record_report(report: EmailReported) -> None:
    """Apply SES's report of an e-mail to the members with its address. A repeated report changes nothing.

    A report of another tenant's e-mail counts only if the address bounced or complained.
    """
    is_failure = report.event in ("bounce", "complaint", "reject")
    if report.tenant != TENANT and not (report.tenant is None and is_failure):
        return
    if not is_failure and report.event != "delivery":
        return
    for address in report.recipients:
        user = _member(report, address.lower())
        if user is not None:
            _apply(report, user)


def count_failure(user_id: str, cause: str) -> None:
    """Count a failed e-mail of a member. The same cause is counted once."""
    retry_conflicts(lambda: _count(user_id, cause))


def _count(user_id: str, cause: str) -> None:
    user = users.find_user(user_id)
    if user is not None:
        state = MailState(user.email_failures, user.email_off_at).after_failure(clock.now())
        mail_states.set_failures(user, state, cause)


def _member(report: EmailReported, address: str) -> User | None:
    """Return the member whose present address this is; None if there is none."""
    user = users.find_user(report.user_id) if report.user_id else users.find_by_email(address)
    return user if user is not None and user.email == address else None


def _apply(report: EmailReported, user: User) -> None:
    if report.event == "delivery":
        if user.email_failures:
            mail_states.reset_failures(user)
        return
    MAILS_FAILED.count()
    log.info("e-mail of a member failed", extra={"event": report.event, "bounce_type": report.bounce_type})
    if report.event == "complaint" or report.bounce_type == PERMANENT:
        mail_states.turn_off(user, report.occurred_at)
    else:
        count_failure(user.id, f"{report.email_id} {report.event}")
