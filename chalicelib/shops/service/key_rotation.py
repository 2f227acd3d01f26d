"""Stored tokens sealed anew with the key that seals now, while they are read, refreshed and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.kit import secrets
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.kit.tables import Table
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import key_rotation as repository
from chalicelib.shops.repository import sessions, tokens
from chalicelib.shops.repository.conditions import Overtaken
from chalicelib.shops.service.oauth_install import tokens_lock

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A table with sealed columns, and what each of its values is sealed for."""

    table: type[Table]
    key: Callable[[Any], tuple[str, ...]]
    columns: tuple[str, ...]
    place: Callable[[Any, str], str]
    lock: Callable[[Any], str | None]
    """What whoever replaces a row's values by the old ones holds meanwhile."""


KINDS = (
    Kind(
        Shop,
        key=lambda row: (row.shop, row.app),
        columns=("access_token", "refresh_token"),
        place=lambda row, column: tokens.place(row.shop, row.app, column),
        lock=lambda row: tokens_lock(row.shop, row.app),
    ),
    Kind(
        Session,
        key=lambda row: (row.id,),
        columns=("access_token",),
        place=lambda row, _column: sessions.place(row.id),
        lock=lambda _row: None,
    ),
)
"""Every sealed column of the bundle."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row's values."""

    resealed: int = 0
    unreadable: tuple[str, ...] = ()
    """Columns whose value no key of ours opens; they are left alone."""
    is_busy: bool = False
    """Somebody else is about to write them; look again."""


def reencrypt_row(kind: Kind, row: Table) -> Outcome:
    """Seal what is not sealed with the present key anew. Whoever writes the row at the same time wins."""
    found = row
    for _ in range(_TRIES):
        values, unreadable = _sealed_anew(kind, found)
        if not values:
            return Outcome(unreadable=unreadable)
        try:
            repository.replace(found, values, kind.lock(found))
        except Overtaken:
            present = repository.read(kind.table, kind.key(row))
            if present is None:
                return Outcome()
            found = present
            continue
        return Outcome(resealed=len(values), unreadable=unreadable)
    return Outcome(is_busy=True)


def current_key() -> str:
    """The key that seals now, as `<kind>:<id>`."""
    return _key_of(secrets.encrypt("-", "shops/which-key"))


def keys_of(kind: Kind, row: Table) -> set[str]:
    """The keys, each as `<kind>:<id>`, that the row's values are sealed with."""
    return {_key_of(sealed) for column in kind.columns if (sealed := getattr(row, column))}


def _key_of(sealed: str) -> str:
    return sealed.rpartition(":")[0]


def _sealed_anew(kind: Kind, row: Table) -> tuple[dict[str, tuple[str, str]], tuple[str, ...]]:
    values: dict[str, tuple[str, str]] = {}
    unreadable = []
    for column in kind.columns:
        sealed = getattr(row, column)
        if sealed is None or secrets.is_current(sealed):
            continue
        place = kind.place(row, column)
        try:
            values[column] = (sealed, secrets.encrypt(secrets.decrypt(sealed, place), place))
        except DecryptionFailed:
            unreadable.append(column)
    return values, tuple(unreadable)
