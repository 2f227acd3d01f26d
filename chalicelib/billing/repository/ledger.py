"""The ledger of credits and its head, which change together."""

from __future__ import annotations

from chalicelib.billing.errors import Outdated
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.kit import clock, guards, pages
from chalicelib.kit.errors import Problem
from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.kit.tables import Transaction


class AlreadyEntered(Problem):
    """Not shown to anybody: what caused the entry has caused one before."""


def balance(relationship_id: str) -> CreditBalance:
    """The head of the ledger, read consistently; an empty one where nothing was entered yet."""
    try:
        return CreditBalance.get(relationship_id, consistent_read=True)
    except CreditBalance.DoesNotExist:
        return CreditBalance(relationship_id, updated_at=clock.now())


def is_entered(source_key: str) -> bool:
    """Whether what caused an entry has caused it already."""
    return guards.owner_of(_guard(source_key)) is not None


def enter(entry: CreditEntry, head: CreditBalance) -> None:
    """Add the entry and move the head, over the version that it was made of.

    Raises AlreadyEntered if the entry's source key has caused one, Outdated if the head has changed.
    """
    before, head.version = head.version, head.version + 1
    unchanged = CreditBalance.version == before if before else CreditBalance.relationship_id.does_not_exist()
    with Transaction() as transaction:
        guards.claim(transaction, _guard(entry.source_key), entry.id, otherwise=AlreadyEntered())
        transaction.put(head, condition=unchanged, otherwise=Outdated())
        transaction.add(entry)


def list_entries(relationship_id: str, page: PageRequest) -> Slice[CreditEntry]:
    """One page of the ledger, newest first."""
    return pages.take(
        CreditEntry.query(relationship_id, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False)
    )


def _guard(source_key: str) -> str:
    return guards.guard("billing", "ai_credits", "source_key", source_key)
