"""Claims on the mail of a gift: which worker sends it, and whether it was sent. They expire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit import signing, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction

_SENT_FOR = timedelta(days=400)
"""How long the mark of a sent mail lasts: longer than a gift can be redeemed and its events be repeated."""


@dataclass(frozen=True, slots=True)
class MailClaim:
    """A worker's claim; `is_held` False: another worker has one."""

    name: str
    holder: str
    is_held: bool


def claim(code: str, holder: str, until: datetime) -> MailClaim | None:
    """Claim the mail of a gift for a worker until a time; None if it was sent. The claim's key holds a digest of the code."""
    name = unique_values.value_key("together", "gift_mails", "code", signing.digest(code.encode()))
    conflict = WriteConflict()
    try:
        with Transaction() as transaction:
            unique_values.claim(transaction, name, holder, otherwise=conflict, until=until)
    except WriteConflict:
        is_sent = conflict.existing is not None and conflict.existing.expires_epoch > until + _SENT_FOR / 2
        return None if is_sent else MailClaim(name, holder, is_held=False)
    return MailClaim(name, holder, is_held=True)


def mark_sent(claim: MailClaim, now: datetime) -> None:
    """Store that the mail was sent: the claim lasts longer than any worker's."""
    with Transaction() as transaction:
        unique_values.claim(transaction, claim.name, claim.holder, otherwise=WriteConflict(), until=now + _SENT_FOR)
