"""Evidence that an app is installed in a shop, and what follows from it for a removal. No I/O.

Shopify proves an installation in two ways: it grants us tokens, or its admin issues a session token for a merchant.
A removal that happened before the newest evidence is stale.
Sources: shopify.dev, "Session tokens" (`iat`), "Delivery structure" (`X-Shopify-Triggered-At`), "Privacy law compliance".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(seconds=1)
"""How far a session token's `iat` may be ahead of `X-Shopify-Triggered-At`: both are Shopify's, `iat` in whole seconds."""
CHECK_INTERVAL = timedelta(minutes=1)
"""A shop's stored access token is tried at most this often."""
REDACTED_AFTER = timedelta(hours=48)
"""How long after a removal Shopify sends `shop/redact`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a shop's row holds. `granted_at` is when Shopify was asked for the newest tokens that it granted,
    `session_issued_at` the newest `iat` stored, `checked_at` when the stored token was last tried.
    """

    granted_at: datetime
    session_issued_at: datetime | None
    checked_at: datetime | None

    @property
    def newest_at(self) -> datetime:
        """The newest moment at which the app was certainly installed."""
        return max(self.granted_at, self.session_issued_at or self.granted_at)


@dataclass(frozen=True, slots=True)
class Note:
    """A write that a session token calls for: its `iat`, if that is newer, and whether to try the stored token."""

    session_issued_at: datetime | None
    is_check_due: bool


def note_of(evidence: Evidence, issued_at: datetime, now: datetime) -> Note | None:
    """Decide what to store of a session token that was issued at `issued_at`; None for most requests."""
    is_check_due = evidence.checked_at is None or now - evidence.checked_at >= CHECK_INTERVAL
    is_newer = evidence.session_issued_at is None or issued_at > evidence.session_issued_at
    if is_check_due:
        return Note(issued_at if is_newer else None, is_check_due=True)
    if is_newer and issued_at > evidence.newest_at:
        return Note(issued_at, is_check_due=False)
    return None


def has_dead_tokens(evidence: Evidence, removed_at: datetime) -> bool:
    """Whether a genuine removal at `removed_at` ended the stored tokens: Shopify granted them before it."""
    return evidence.granted_at <= removed_at


def is_doubtful(evidence: Evidence, removed_at: datetime) -> bool:
    """Whether only a session token contradicts the removal, by no more than clocks may differ."""
    return has_dead_tokens(evidence, removed_at) and removed_at < evidence.newest_at <= removed_at + CLOCK_SKEW
