"""Evidence that an app is installed in a shop, and the decisions that depend on it. No I/O.

Shopify proves an installation in two ways: it grants us tokens, or its admin issues a session token for a merchant.
A removal that happened before the newest evidence is stale.
Sources: shopify.dev, "Session tokens" (`iat`), "Delivery structure" (`X-Shopify-Triggered-At`), "Privacy law compliance".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

CLOCK_SKEW = timedelta(seconds=1)
"""How far a session token's `iat` may be ahead of `X-Shopify-Triggered-At`: both are Shopify's, `iat` in whole seconds."""
CHECK_INTERVAL = timedelta(minutes=1)
"""A shop's stored access token is checked at most this often."""
REDACTED_AFTER = timedelta(hours=48)
"""How long after a removal Shopify sends `shop/redact`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence stored in a shop's row.

    `granted_at` is when the newest granted tokens were requested from Shopify, `session_issued_at` the newest stored
    `iat`, `checked_at` when the stored token was last checked.
    """

    granted_at: datetime
    session_issued_at: datetime | None
    checked_at: datetime | None

    @property
    def newest_at(self) -> datetime:
        """The latest time at which the app was certainly installed."""
        return max(self.granted_at, self.session_issued_at or self.granted_at)


@dataclass(frozen=True, slots=True)
class SessionNote:
    """The write that a session token requires: its `iat`, if newer, and whether to check the stored access token."""

    session_issued_at: datetime | None
    is_check_due: bool


def decide_session_note(evidence: Evidence, issued_at: datetime, now: datetime) -> SessionNote | None:
    """Return what to store of a session token issued at `issued_at`; None for most requests."""
    is_check_due = evidence.checked_at is None or now - evidence.checked_at >= CHECK_INTERVAL
    is_newer = evidence.session_issued_at is None or issued_at > evidence.session_issued_at
    if is_check_due:
        return SessionNote(issued_at if is_newer else None, is_check_due=True)
    if is_newer and issued_at > evidence.newest_at:
        return SessionNote(issued_at, is_check_due=False)
    return None


def are_tokens_revoked(evidence: Evidence, removed_at: datetime) -> bool:
    """Return whether a removal at `removed_at` revoked the stored tokens: Shopify granted them before it."""
    return evidence.granted_at <= removed_at


def is_removal_doubtful(evidence: Evidence, removed_at: datetime) -> bool:
    """Return whether only a session token contradicts the removal, and by no more than CLOCK_SKEW."""
    return are_tokens_revoked(evidence, removed_at) and removed_at < evidence.newest_at <= removed_at + CLOCK_SKEW


class InstallDecision(Enum):
    """What to do with a grant that Shopify issued to a new installation."""

    WRITE = auto()
    SUPERSEDED = auto()
    """A later grant is stored, and has revoked this one's tokens."""
    REMOVED = auto()
    """The app was removed after the grant was requested."""


def decide_install(
    installed_at: datetime | None, removed_at: datetime | None, is_active: bool, requested_at: datetime
) -> InstallDecision:
    """Decide what to do with a grant requested at `requested_at`.

    `installed_at` and `removed_at` are the newest stored installation and removal, None if there is none.
    """
    is_newest = installed_at is None or installed_at <= requested_at
    if is_newest and (removed_at is None or removed_at < requested_at):
        return InstallDecision.WRITE
    return InstallDecision.SUPERSEDED if is_active else InstallDecision.REMOVED
