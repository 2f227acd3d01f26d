"""Notices about members' payments and trials, and the mail to the recipient of a gift."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas.dunning import ReminderDue
from chalicelib.billing.schemas.messages import GiftPaid, TrialEnding
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind
from chalicelib.together.service import gift_mails
from chalicelib.together.service.notifications import add_notice

PAGE = "/together/app#you"
TRIAL_NOTICE = timedelta(days=3)
"""How long before its end billing reports a trial."""


def notify(message: GiftPaid | ReminderDue | TrialEnding) -> None:
    """Add the notice of a message about a member; mail a gift. A repeated message adds and mails nothing."""
    if isinstance(message, GiftPaid):
        gift_mails.send_gift_mail(message)
    elif message.owner_type is OwnerType.MEMBER:
        add_notice(_payment_notice(message) if isinstance(message, ReminderDue) else _trial_notice(message))


def _payment_notice(message: ReminderDue) -> Notice:
    until = f" Your plan stays open until {message.access_until:%d %B %Y}." if message.access_until else ""
    return Notice(
        user_id=message.owner_id,
        kind=NotificationKind.BILLING,
        cause=f"payment/{message.subscription_id}/{message.notice_day}",
        title="Your payment failed",
        body=f"Please check your payment method.{until}",
        scheduled_for=message.past_due_since + timedelta(days=message.notice_day),
        action_url=PAGE,
    )


def _trial_notice(message: TrialEnding) -> Notice:
    return Notice(
        user_id=message.owner_id,
        kind=NotificationKind.BILLING,
        cause=f"trial/{message.subscription_id}",
        title="Your trial ends soon",
        body=f"It ends on {message.trial_ends_at:%d %B %Y}. Your plan is billed from then on, unless you cancel it.",
        scheduled_for=message.trial_ends_at - TRIAL_NOTICE,
        action_url=PAGE,
    )
