"""Whether and when a due notice is mailed, and what its e-mail says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.together.domain import moments, preferences
from chalicelib.together.domain.notices import cause_of
from chalicelib.together.enums import NotificationKind

MAX_FAILURES = 10
"""Failed e-mails in a row after which a member gets none but those about their account."""
MAX_ATTEMPTS = 10
"""Attempts after which a notice that SES refuses is not mailed any more; each takes place in another hour."""
REASONS: dict[str, str] = {
    NotificationKind.REMINDER: "reminders of your dates",
    NotificationKind.PARTNER_ACTIVITY: "what your partner does in Together",
    NotificationKind.ACHIEVEMENT: "achievements",
    NotificationKind.CHALLENGE: "challenges",
    NotificationKind.BILLING: "your plan and its payments",
    NotificationKind.SYSTEM: "your account and your relationship",
    preferences.DIGEST: "your week",
}
"""What the e-mails of each kind are about, as the end of "e-mails about"."""


class Recipient(Protocol):
    """The fields of a member that decide about e-mails."""

    @property
    def timezone(self) -> str: ...
    @property
    def preferences(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def email_verified(self) -> bool: ...
    @property
    def email_off_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class MailState:
    """The failures of a member's e-mails. `off_at` is when e-mails stopped."""

    failures: int
    off_at: datetime | None

    def after_failure(self, now: datetime) -> MailState:
        """Return the state after another failed e-mail."""
        failures = self.failures + 1
        return MailState(failures, self.off_at or (now if failures >= MAX_FAILURES else None))


def mail_kind(notice_id: str, kind: NotificationKind) -> str:
    """Return under which of MAIL_KINDS a notice is mailed."""
    return preferences.DIGEST if cause_of(notice_id).startswith(preferences.DIGEST) else kind


def is_wanted(member: Recipient, kind: str) -> bool:
    """Return whether the member gets e-mails of this kind."""
    is_reachable = member.is_active and member.email_verified and member.email_off_at is None
    return is_reachable and preferences.is_mailed(member.preferences, kind)


def postponed_until(member: Recipient, now: datetime) -> datetime | None:
    """Return the full hour (UTC) to which an e-mail is postponed if it is quiet for the member; None if it is not.

    In a time zone whose hours begin at another minute the e-mail waits until the next full hour in UTC.
    """
    start, end = preferences.quiet_hours(member.preferences)
    moment = moments.after_quiet(now, member.timezone, start, end)
    if moment <= now:
        return None
    full = moment.replace(minute=0, second=0, microsecond=0)
    return full if full == moment else full + timedelta(hours=1)


def allows_measurement(stored: Mapping[str, Any] | None) -> bool:
    """Return whether analytics may count the member's e-mails."""
    return (stored or {}).get("analytics") is not False
