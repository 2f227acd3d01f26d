"""Erased subjects: what still arrives about them is dropped. They are kept under their pseudonyms alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.models import Tombstone
from chalicelib.kit.tables import Transaction, get_many

KEEP = timedelta(days=400)


def add(subject: str) -> None:
    """Note that `subject` (`shop:<shop>:<app>`, `member:…`) is erased; messages that name it are dropped for 400 days."""
    now = clock.now()
    Tombstone(subject=pseudonym(subject), erased_at=now, expires_epoch=now + KEEP).save()


def remove(subject: str, transaction: Transaction | None = None) -> None:
    """Take the tombstone away: the subject came back of its own will. With `transaction`, in what brings it back."""
    row = Tombstone(pseudonym(subject))
    if transaction is None:
        row.delete()
    else:
        transaction.delete(row)


def is_erased(*subjects: str, actors: Mapping[str, datetime] | None = None) -> bool:
    """Whether any of the subjects is erased, or an actor since the moment of their act; one read call."""
    acts = actors or {}
    erased = _erased_at([*subjects, *acts])
    return any(subject in erased for subject in subjects) or any(
        subject in erased and erased[subject] >= act for subject, act in acts.items()
    )


def erased_since(moment: datetime, *subjects: str) -> set[str]:
    """Those of at most 100 subjects that were erased at the moment or after it; one read call."""
    return {subject for subject, erased_at in _erased_at(subjects).items() if erased_at >= moment}


def _erased_at(subjects: Sequence[str]) -> dict[str, datetime]:
    names = list(dict.fromkeys(subjects))
    rows = get_many((Tombstone, (pseudonym(name),)) for name in names)
    now = clock.now()
    return {name: row.erased_at for name, row in zip(names, rows, strict=True) if row and row.expires_epoch > now}
