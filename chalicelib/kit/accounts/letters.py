"""Texts of the mails about accounts, with the name of the app in place of `{app}` and the account's for `{name}`."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.mail import Letter

REASON_ADDRESS = "You get this mail because somebody entered your address at {app}."
REASON_ACCOUNT = "You get this mail because it concerns your account at {app}."


@dataclass(frozen=True, slots=True)
class LetterText:
    """The text of a mail. `label` is that of its button."""

    title: str
    paragraphs: tuple[str, ...]
    label: str
    reason: str = REASON_ACCOUNT


TEXTS: dict[MailPurpose, LetterText] = {
    MailPurpose.VERIFY: LetterText(
        "Confirm your e-mail for {app}",
        (
            "Somebody signed up for {app} with this address. If it was you, open this link and enter the password that"
            " you chose. The link works for 24 hours.",
            "If it was not you, ignore this mail: without your confirmation the account is removed after 7 days.",
        ),
        "Confirm your e-mail",
        REASON_ADDRESS,
    ),
    MailPurpose.ACCOUNT_EXISTS: LetterText(
        "You have an account at {app}",
        (
            "Somebody tried to use this address for another account at {app}. You have an account with it: sign in, or"
            " choose a new password if you forgot yours.",
            "If it was not you, ignore this mail. Nothing was changed.",
        ),
        "Sign in",
        REASON_ADDRESS,
    ),
    MailPurpose.ADDRESS_HELD: LetterText(
        "This address is reserved at {app}",
        (
            "Somebody signed up for {app} with this address. It belonged to an account until a short time ago, and that"
            " change can still be undone. Sign up again in 72 hours.",
        ),
        "Open {app}",
        REASON_ADDRESS,
    ),
    MailPurpose.RESET: LetterText(
        "Choose a new password for {app}",
        (
            "Hello {name}, open this link to choose a new password. It works for one hour and signs out every device.",
            "If you did not ask for it, ignore this mail. Your password stays as it is.",
        ),
        "Choose a new password",
    ),
    MailPurpose.CONFIRM_EMAIL: LetterText(
        "Confirm your new e-mail for {app}",
        (
            "Hello {name}, open this link to use this address for your account. It works for 24 hours.",
            "If you did not ask for it, ignore this mail.",
        ),
        "Confirm your new e-mail",
        REASON_ADDRESS,
    ),
    MailPurpose.UNDO_EMAIL: LetterText(
        "Your e-mail for {app} was changed",
        (
            "Hello {name}, your account now uses another address. If it was you, there is nothing to do.",
            "If it was not you, open this link within 72 hours: it restores this address and signs out every device. Then"
            " choose a new password.",
        ),
        "Restore this address",
    ),
    MailPurpose.SESSION_ENDED: LetterText(
        "A device was signed out of {app}",
        (
            "Hello {name}, an old sign-in of one of your devices was used a second time, so we signed that device out.",
            "If this happens again, choose a new password.",
        ),
        "Open {app}",
    ),
}
"""Each realm adds the text of an invitation."""


def compose_letter(text: LetterText, app: str, name: str, url: str) -> Letter:
    """Return the mail of a text. `name` is the account's; of an invitation the inviter's."""
    words = {"app": app, "name": name}
    return Letter(
        text.title.format(**words),
        tuple(paragraph.format(**words) for paragraph in text.paragraphs),
        text.reason.format(**words),
        (text.label.format(**words), url),
    )
