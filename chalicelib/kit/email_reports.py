"""Events of e-mails that SES sent: delivered, opened, clicked, bounced, complained about, unsubscribed.

SES publishes them for every e-mail that is sent with the configuration set `<prefix>-<stage>` (infra/deploy/data_stack.py).
Source: AWS, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from chalicelib.kit.messages import Message

_VALIDATION = "Successfully validated SNS topic"
"""The beginning of the text that SES publishes when an event destination is created."""
_RECIPIENTS = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}


class EmailReported(Message):
    """SES reports an event of an e-mail. `recipients` are addresses: store a hash of them only.

    A queue of this message takes no other: SES sets no attribute with the class name.
    """

    topic: ClassVar[str] = "kit-email_reported"

    event: str
    """`send`, `delivery`, `open`, `click`, `bounce`, `complaint`, `subscription`; others in snake case."""
    email_id: str
    """The id that SES returned when the e-mail was sent."""
    recipients: tuple[str, ...] = ()
    """Of a bounce or complaint: those concerned; else those of the e-mail."""
    tenant: str | None = None
    campaign_id: str | None = None
    user_id: str | None = None
    link: str | None = None
    """The clicked link."""
    bounce_type: str | None = None
    """`Permanent`, `Transient` or `Undetermined`."""

    @classmethod
    def read(cls, body: str) -> Iterable[Self]:
        """Return the message in SES's notification; none in its validation. Raises ValueError, KeyError for other text."""
        if body.startswith(_VALIDATION):
            return []
        document = json.loads(body)
        kind, mail = str(document.get("eventType") or document["notificationType"]), document["mail"]
        detail = document.get(kind[:1].lower() + kind[1:]) or {}
        tags = mail.get("tags") or {}
        return [
            cls(
                event=re.sub(r"(?<=[a-z])\s?(?=[A-Z])", "_", kind).lower(),
                email_id=mail["messageId"],
                occurred_at=datetime.fromisoformat(detail.get("timestamp") or mail["timestamp"]),
                recipients=_recipients(kind, detail, mail),
                tenant=_tag(tags, "tenant"),
                campaign_id=_tag(tags, "campaign_id"),
                user_id=_tag(tags, "user_id"),
                link=detail.get("link"),
                bounce_type=detail.get("bounceType"),
            )
        ]


def _tag(tags: Mapping[str, Any], name: str) -> str | None:
    """Return a tag's first value; SES gives each as a list."""
    values = tags.get(name) or [None]
    return values[0] if isinstance(values, list) else str(values)


def _recipients(kind: str, detail: Mapping[str, Any], mail: Mapping[str, Any]) -> tuple[str, ...]:
    concerned = [each["emailAddress"] for each in detail.get(_RECIPIENTS.get(kind, ""), []) if "emailAddress" in each]
    return tuple(concerned or detail.get("recipients") or mail.get("destination") or ())
