"""Tombstones of erased subjects, stored by pseudonym: messages that still arrive about them are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.models import Tombstone
from chalicelib.kit.tables import Transaction, get_many

KEEP = timedelta(days=400)


def add(subject: str) -> None:
    """Store a tombstone for `subject` (`shop:<shop>:<app>`, `member:…`); messages about it are dropped for 400 days."""
    now = clock.now()
    Tombstone(subject=pseudonym(subject), erased_at=now, expires_epoch=now + KEEP).save()


def remove(subject: str, transaction: Transaction | None = None) -> None:
    """Remove the tombstone of a returning subject, in `transaction` if one is passed."""
    row = Tombstone(pseudonym(subject))
    if transaction is None:
        row.delete()
    else:
        transaction.delete(row)


def is_erased(*subjects: str, actors: Mapping[str, datetime] | None = None) -> bool:
    """Return whether a subject is erased, or an actor was erased after the time of the act; one read call."""
    acts = actors or {}
    erased = _erased_at([*subjects, *acts])
    return any(subject in erased for subject in subjects) or any(
        subject in erased and erased[subject] >= act for subject, act in acts.items()
    )


def erased(*subjects: str) -> set[str]:
    """Return the subjects (at most 100) that are erased; one read call."""
    return set(_erased_at(subjects))


def erased_since(moment: datetime, *subjects: str) -> set[str]:
    """Return the subjects (at most 100) that were erased at or after `moment`; one read call."""
    return {subject for subject, erased_at in _erased_at(subjects).items() if erased_at >= moment}


def _erased_at(subjects: Sequence[str]) -> dict[str, datetime]:
    names = list(dict.fromkeys(subjects))
    rows = get_many((Tombstone, (pseudonym(name),)) for name in names)
    now = clock.now()
    return {name: row.erased_at for name, row in zip(names, rows, strict=True) if row and row.expires_epoch > now}
