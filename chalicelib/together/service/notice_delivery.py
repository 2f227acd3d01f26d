"""Mail one due notice. It is claimed before it is sent: only a crash after SES took the e-mail repeats it."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailDeferred, EmailRefused
from chalicelib.kit import clock, config, logs
from chalicelib.kit.mail import Letter, letter_html, letter_text
from chalicelib.together.domain import reminder_plan
from chalicelib.together.domain.mail_delivery import (
    MAX_ATTEMPTS,
    REASONS,
    allows_measurement,
    is_wanted,
    mail_kind,
    postponed_until,
)
from chalicelib.together.domain.notices import cause_of, is_shown
from chalicelib.together.metrics import MAILS_FAILED
from chalicelib.together.models import Notification, User
from chalicelib.together.repository import notifications, relationships
from chalicelib.together.schemas.messages import NotificationDue
from chalicelib.together.service import mail_failures, mail_subscriptions, reminders

CLAIM = timedelta(minutes=5)
"""Longer than the function's timeout of a minute: a claim ends only after its worker crashed."""
_RETRY = timedelta(hours=1)

log = logs.logger("together")


def send_notice(message: NotificationDue) -> None:
    """Mail the notice, unless it was mailed, another worker has it, it is quiet for the member, or they do not want it."""
    row, user = notifications.find_with_member(message.user_id, message.notification_id)
    if row is None or user is None or row.due_in is None:
        return
    if row.attempts == 0 and cause_of(row.id).startswith(reminder_plan.PREFIX) and not reminders.settle_reminder(row):
        notifications.remove(row)
        log.info("reminder dropped: it is no longer due")
        return
    now, kind = clock.now(), mail_kind(row.id, row.kind)
    is_due = is_wanted(user, kind) and _is_shown(row, user)
    until = postponed_until(user, now) if is_due else None
    is_sent = is_due and until is None
    if (is_sent or not notifications.is_counted(row)) and not notifications.claim(row, now, now + CLAIM):
        log.info("notice skipped: another worker has claimed it")
    elif is_sent:
        _mail(row, user, kind)
    elif until is not None:
        notifications.postpone(row, until)
    else:
        notifications.finish(row, None)


def _is_shown(row: Notification, user: User) -> bool:
    if row.relationship_id is None:
        return True
    [relationship] = relationships.find_relationships([row.relationship_id])
    return is_shown(row.relationship_id, user.relationship_id, relationship.status if relationship else None)


def _mail(row: Notification, user: User, kind: str) -> None:
    """Send the e-mail and store that it was sent. A deferred one is due again at once, a refused one in an hour."""
    try:
        email.send(_composed(row, user, kind))
    except EmailDeferred as error:
        log.warning("notice not mailed: SES takes no e-mail for now", extra={"why": str(error)})
        MAILS_FAILED.count()
        notifications.postpone(row, clock.now())
        return
    except EmailRefused as error:
        log.warning("notice not mailed: SES refused the e-mail", extra={"why": str(error), "attempts": row.attempts})
        MAILS_FAILED.count()
        if row.attempts < MAX_ATTEMPTS:
            notifications.postpone(row, clock.now() + _RETRY)
        else:
            notifications.finish(row, None)
            mail_failures.count_failure(user.id, f"{user.id} {row.id}")
        return
    MAILS_FAILED.count(0)
    notifications.finish(row, clock.now())


def _composed(row: Notification, user: User, kind: str) -> Email:
    base, is_measured = config.settings().public_url, allows_measurement(user.preferences)
    letter = Letter(
        row.title,
        (row.body,),
        f"You get this because you want e-mails about {REASONS[kind]}.",
        ("Open Together", f"{base}{row.action_url or '/together/app'}"),
        mail_subscriptions.unsubscribe_url(user.id, kind),
        is_tracked=is_measured,
    )
    tags = {"tenant": mail_failures.TENANT} | (
        {"campaign_id": f"notice-{kind}", "user_id": user.id} if is_measured else {}
    )
    return Email(user.email, row.title, letter_text(letter), letter_html(letter), letter.unsubscribe_url, tags)
