"""Requests of privacy: to be erased, or to have what we hold."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.retention.models import PrivacyRequest


class _OnRecord(Conflict):
    """The message came before."""


def add(row: PrivacyRequest) -> bool:
    """Put a request on record; False where it is already."""
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=_OnRecord())
    except _OnRecord:
        return False
    return True
