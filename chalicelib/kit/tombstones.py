"""Tombstones of erased subjects, stored by pseudonym: messages that still arrive about them are dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.models import Tombstone
from chalicelib.kit.tables import Transaction, get_many

KEEP = timedelta(days=400)
MAX_KEYS = 100
"""Keys of one BatchGetItem."""


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
    return names_erased(erased_among([*subjects, *acts]), subjects, acts)


def names_erased(erased: Mapping[str, datetime], subjects: Iterable[str], actors: Mapping[str, datetime]) -> bool:
    """Return whether a subject is among the `erased`, or an actor was erased at or after the time of the act.

    `erased` is the answer of `erased_among` for at least these subjects and actors.
    """
    return any(subject in erased for subject in subjects) or any(
        actor in erased and erased[actor] >= act for actor, act in actors.items()
    )


def erased_since(moment: datetime, *subjects: str) -> set[str]:
    """Return the subjects that were erased at or after `moment`; one read call for each 100."""
    return {subject for subject, erased_at in erased_among(subjects).items() if erased_at >= moment}


def erased_among(subjects: Iterable[str]) -> dict[str, datetime]:
    """Return when each erased subject was erased; the others are missing. One read call for each 100 distinct subjects."""
    names = list(dict.fromkeys(subjects))
    now = clock.now()
    erased: dict[str, datetime] = {}
    for start in range(0, len(names), MAX_KEYS):
        chunk = names[start : start + MAX_KEYS]
        rows = get_many((Tombstone, (pseudonym(name),)) for name in chunk)
        pairs = zip(chunk, rows, strict=True)
        erased |= {name: row.erased_at for name, row in pairs if row and row.expires_epoch > now}
    return erased
