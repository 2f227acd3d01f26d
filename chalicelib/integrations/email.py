"""E-mails by Amazon SES, with the configuration set that reports their delivery (`kit/email_reports.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.kit import aws, config, logs

MAX_SUBJECT = 200

_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
"""One address in ASCII without spaces, quotes and comments: SES takes no other."""
_REFUSALS = {"MessageRejected", "InvalidParameterValue"}

log = logs.logger("email")


class EmailRefused(Exception):
    """SES refused this e-mail; a retry would fail, too. The text is SES's error code."""


@dataclass(frozen=True, slots=True)
class Email:
    """A plain-text e-mail to one address."""

    recipient: str
    subject: str
    text: str


def is_address(text: str) -> bool:
    """Return whether SES would accept the text as a recipient."""
    return bool(_ADDRESS.fullmatch(text))


def send(email: Email) -> str | None:
    """Send an e-mail and return SES's id. A retry sends it again: SES has no idempotency keys.

    Returns None if this stack has no sender (`MAIL_FROM`). Raises EmailRefused if SES refuses the recipient or the sender.
    """
    from botocore.exceptions import ClientError

    settings = config.settings()
    if settings.mail_from is None:
        log.info("e-mail not sent: MAIL_FROM is not set")
        return None
    if not is_address(email.recipient):
        raise EmailRefused("InvalidAddress")
    subject = " ".join(email.subject.split())[:MAX_SUBJECT]
    try:
        answer = aws.client("ses").send_email(
            Source=settings.mail_from,
            Destination={"ToAddresses": [email.recipient]},
            Message={
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": email.text, "Charset": "UTF-8"}},
            },
            ConfigurationSetName=settings.namespace,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSALS:
            raise EmailRefused(code) from error
        raise
    return str(answer["MessageId"])
