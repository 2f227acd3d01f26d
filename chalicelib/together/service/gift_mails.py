"""The mail with the code of a gift to its recipient, who may have no account. None of the buyer's words are in it."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.billing.schemas.messages import GiftPaid
from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailRefused
from chalicelib.kit import clock, config, ids, logs
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.mail import Letter, letter_html, letter_text
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind
from chalicelib.together.repository import gift_mails, users
from chalicelib.together.service.mail_failures import TENANT
from chalicelib.together.service.notifications import add_notice

CLAIM = timedelta(minutes=5)
"""Longer than the function's timeout of a minute: a claim ends only after its worker crashed."""

log = logs.logger("together")


def send_gift_mail(message: GiftPaid) -> None:
    """Send the gift's code by mail, once. A member who gets no e-mails has a notice instead.

    The mail is claimed before it is sent: only a crash after SES took it repeats it. Raises Unavailable while another worker
    has the claim, EmailDeferred if SES takes no e-mail for now.
    """
    if message.expires_at <= clock.now():
        return
    user = users.find_by_email(message.recipient_email.lower())
    if user is not None and user.email_off_at is not None:
        add_notice(_notice(message, user.id))
        return
    claim = gift_mails.claim(message.code, ids.new(), clock.now() + CLAIM)
    if claim is None:
        return
    if not claim.is_held:
        raise Unavailable("Another worker sends this mail.")
    try:
        email.send(_composed(message))
    except EmailRefused as error:
        log.warning("gift not mailed: SES refused the e-mail", extra={"why": str(error)})
    gift_mails.mark_sent(claim, clock.now())


def _composed(message: GiftPaid) -> Email:
    title = "You received a gift"
    letter = Letter(
        title,
        (
            f"Somebody gave you the plan {_plan(message)} of Together, the app for couples.",
            f"You can redeem it until {message.expires_at:%d %B %Y}.",
        ),
        "You get this once, because the gift was bought for this address.",
        ("Open the gift", f"{config.settings().public_url}{_path(message)}"),
    )
    return Email(message.recipient_email, title, letter_text(letter), letter_html(letter), tags={"tenant": TENANT})


def _notice(message: GiftPaid, user_id: str) -> Notice:
    return Notice(
        user_id=user_id,
        kind=NotificationKind.BILLING,
        cause=f"gift/{message.code}",
        title="You received a gift",
        body=f"It is the plan {_plan(message)}. You can redeem it until {message.expires_at:%d %B %Y}.",
        scheduled_for=message.expires_at - timedelta(days=365),
        action_url=_path(message),
    )


def _path(message: GiftPaid) -> str:
    return f"/together/app#gift={message.code}"


def _plan(message: GiftPaid) -> str:
    return message.plan_name.replace("_", " ").title()
