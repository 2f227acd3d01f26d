"""Texts of the mails about accounts. They hold no words of the partner."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit.mail import Letter
from chalicelib.together.domain.account_mails import MailPurpose

_REASON_ADDRESS = "You get this mail because somebody entered your address at Together."
_REASON_ACCOUNT = "You get this mail because it concerns your account at Together."


@dataclass(frozen=True, slots=True)
class _Text:
    title: str
    paragraphs: tuple[str, ...]
    label: str
    reason: str = _REASON_ACCOUNT


_TEXTS: dict[MailPurpose, _Text] = {
    MailPurpose.VERIFY: _Text(
        "Confirm your e-mail for Together",
        (
            "Somebody signed up for Together with this address. If it was you, open this link and enter the password that"
            " you chose. The link works for 24 hours.",
            "If it was not you, ignore this mail: without your confirmation the account is removed after 7 days.",
        ),
        "Confirm your e-mail",
        _REASON_ADDRESS,
    ),
    MailPurpose.ACCOUNT_EXISTS: _Text(
        "You have an account at Together",
        (
            "Somebody tried to use this address for another account at Together. You have an account with it: sign in, or"
            " choose a new password if you forgot yours.",
            "If it was not you, ignore this mail. Nothing was changed.",
        ),
        "Sign in",
        _REASON_ADDRESS,
    ),
    MailPurpose.ADDRESS_HELD: _Text(
        "This address is reserved at Together",
        (
            "Somebody signed up for Together with this address. It belonged to an account until a short time ago, and that"
            " change can still be undone. Sign up again in 72 hours.",
        ),
        "Open Together",
        _REASON_ADDRESS,
    ),
    MailPurpose.RESET: _Text(
        "Choose a new password for Together",
        (
            "Hello {name}, open this link to choose a new password. It works for one hour and signs out every device.",
            "If you did not ask for it, ignore this mail. Your password stays as it is.",
        ),
        "Choose a new password",
    ),
    MailPurpose.CONFIRM_EMAIL: _Text(
        "Confirm your new e-mail for Together",
        (
            "Hello {name}, open this link to use this address for your account. It works for 24 hours.",
            "If you did not ask for it, ignore this mail.",
        ),
        "Confirm your new e-mail",
        _REASON_ADDRESS,
    ),
    MailPurpose.UNDO_EMAIL: _Text(
        "Your e-mail for Together was changed",
        (
            "Hello {name}, your account now uses another address. If it was you, there is nothing to do.",
            "If it was not you, open this link within 72 hours: it restores this address and signs out every device. Then"
            " choose a new password.",
        ),
        "Restore this address",
    ),
    MailPurpose.INVITE: _Text(
        "{name} invites you to Together",
        (
            "{name} would like to use Together with you. Open this link to see the invitation. It works for 7 days.",
            "If you do not know {name}, ignore this mail.",
        ),
        "See the invitation",
        "You get this mail because {name} entered your address at Together.",
    ),
    MailPurpose.SESSION_ENDED: _Text(
        "A device was signed out of Together",
        (
            "Hello {name}, an old sign-in of one of your devices was used a second time, so we signed that device out.",
            "If this happens again, choose a new password.",
        ),
        "Open Together",
    ),
}


def compose_letter(purpose: MailPurpose, name: str, url: str) -> Letter:
    """Return the mail of a purpose. `name` is the member's; of an invitation the inviter's."""
    text = _TEXTS[purpose]
    return Letter(
        text.title.format(name=name),
        tuple(paragraph.format(name=name) for paragraph in text.paragraphs),
        text.reason.format(name=name),
        (text.label, url),
    )
