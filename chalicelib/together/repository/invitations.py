"""Codes of invitations as unique values: the digest of a code names its space."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Transaction, get_many


def find_space_id(digests: Sequence[str]) -> str | None:
    """Return the id of the space that has the code with one of these digests, read consistently; None if none has.

    The digest stays until the invitation would expire, so that a repeated acceptance finds the couple.
    """
    rows = get_many([(UniqueValue, (_claim_name(digest),)) for digest in digests], consistent=True)
    now = clock.now()
    return next((row.owner for row in rows if row and (row.expires_epoch is None or row.expires_epoch > now)), None)


def stage_code(transaction: Transaction, digest: str, relationship_id: str, until: datetime) -> None:
    """Claim the code for the space in the transaction, which raises WriteConflict if another space has it."""
    unique_values.claim(transaction, _claim_name(digest), relationship_id, WriteConflict(), until)


def _claim_name(digest: str) -> str:
    return unique_values.value_key("together", "relationships", "invite_code", digest)
