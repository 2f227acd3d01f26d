"""E-mails by Amazon SES, with the configuration set that reports their delivery (`kit/email_reports.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import aws, config, logs, retries
from chalicelib.kit.email_addresses import is_address

MAX_SUBJECT = 200
READ_SECONDS = 40
"""The longest wait for SES's answer. A later answer is lost, and with it whether SES has sent the e-mail."""

_REFUSALS = {"MessageRejected", "InvalidParameterValue"}
_DEFERRALS = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "LimitExceeded",
    "AccountSendingPaused",
    "ConfigurationSetSendingPaused",
    "ServiceUnavailable",
}
"""Error codes of SES for a rate, a quota or a pause: it has not taken the e-mail. Source: SES API reference, common errors."""
_ATTEMPTS = 3
_BACKOFF_SECONDS = 0.25

log = logs.logger("email")


class EmailRefused(Exception):
    """SES refused this e-mail; a retry would fail, too. The text is SES's error code."""


class EmailDeferred(Exception):
    """SES takes no e-mail for now and has not taken this one; send it later. The text is SES's error code."""


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail to one address, as plain text and, if given, as HTML.

    With `unsubscribe_url`, mail programs show a button that sends POST to it (one-click unsubscribe, RFC 8058). The `tags` are in SES's reports.
    """

    recipient: str
    subject: str
    text: str
    html: str | None = None
    unsubscribe_url: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def send(email: Email) -> str | None:
    """Send an e-mail and return SES's id. A retry sends it again: SES has no idempotency keys.

    Returns None if this stack has no sender (`MAIL_FROM`). Raises EmailRefused if SES refuses the recipient or the sender,
    EmailDeferred if SES still takes no e-mail after three attempts. After any other error SES may have sent the e-mail.
    """
    settings = config.settings()
    if settings.mail_from is None:
        log.info("e-mail not sent: MAIL_FROM is not set")
        return None
    if not is_address(email.recipient):
        raise EmailRefused("InvalidAddress")
    request = {
        "Source": settings.mail_from,
        "Destinations": [email.recipient],
        "RawMessage": {"Data": _composed(email, settings.mail_from)},
        "ConfigurationSetName": settings.namespace,
        "Tags": [{"Name": name, "Value": value} for name, value in email.tags.items()],
    }
    for _ in retries.attempts(_ATTEMPTS, _BACKOFF_SECONDS):
        try:
            return _send(request)
        except EmailDeferred as error:
            last = error
    raise last


def _send(request: Mapping[str, Any]) -> str:
    """Send once: botocore would send again after a lost answer. Raises EmailRefused, EmailDeferred, botocore's errors."""
    from botocore.exceptions import ClientError

    try:
        answer = aws.client("ses", read_timeout=READ_SECONDS, attempts=1).send_raw_email(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSALS:
            raise EmailRefused(code) from error
        if code in _DEFERRALS:
            raise EmailDeferred(code) from error
        raise
    return str(answer["MessageId"])


def _composed(email: Email, sender: str) -> bytes:
    """Return the e-mail as MIME in 7-bit ASCII. A long URL in a header stays on one line: folded ones get encoded."""
    from email.message import EmailMessage
    from email.policy import SMTP

    message = EmailMessage(policy=SMTP.clone(max_line_length=998, cte_type="7bit"))
    message["From"] = sender
    message["To"] = email.recipient
    message["Subject"] = " ".join(email.subject.split())[:MAX_SUBJECT]
    if email.unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email.text, cte="quoted-printable")
    if email.html is not None:
        message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()
