"""Erased subjects: what still arrives about them is dropped. They are kept under their pseudonyms alone."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.kit.models import Tombstone
from chalicelib.kit.subjects import pseudonym
from chalicelib.kit.tables import get_many

KEEP = timedelta(days=400)


def bury(subject: str) -> None:
    """Note that `subject` (`shop:<shop>:<app>`, `member:…`) is erased; messages that name it are dropped for 400 days."""
    now = clock.now()
    Tombstone(subject=pseudonym(subject), erased_at=now, expires_epoch=now + KEEP).save()


def unearth(subject: str) -> None:
    """Take the tombstone away: the subject came back of its own will."""
    Tombstone(pseudonym(subject)).delete()


def is_erased(*subjects: str) -> bool:
    """Whether any of them is erased; one read call."""
    rows = get_many((Tombstone, (pseudonym(subject),)) for subject in dict.fromkeys(subjects))
    return any(row is not None and row.expires_epoch > clock.now() for row in rows)
