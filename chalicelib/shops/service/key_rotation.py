"""Key rotation: encrypts stored tokens with the current key while other processes read, refresh and delete them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.kit import secrets
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.retries import attempts
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.kit.tables import Table
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import key_rotation as repository
from chalicelib.shops.repository import sessions, tokens
from chalicelib.shops.service.oauth_install import token_lock_name

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class EncryptedTable:
    """A table with encrypted columns, and how to get a row's key, encryption contexts and lock."""

    table: type[Table]
    key: Callable[[Any], tuple[str, ...]]
    columns: tuple[str, ...]
    encryption_context: Callable[[Any, str], str]
    lock: Callable[[Any], str | None]
    """The lock that a process holds while it replaces the row's values on condition that they are unchanged."""


ENCRYPTED_TABLES = (
    EncryptedTable(
        Shop,
        key=lambda row: (row.shop, row.app),
        columns=("access_token", "refresh_token", "guest_key"),
        encryption_context=lambda row, column: tokens.token_encryption_context(row.shop, row.app, column),
        lock=lambda row: token_lock_name(row.shop, row.app),
    ),
    EncryptedTable(
        Session,
        key=lambda row: (row.id,),
        columns=("access_token",),
        encryption_context=lambda row, _column: sessions.session_encryption_context(row.id),
        lock=lambda _row: None,
    ),
)
"""Every encrypted column of this context; analytics has the salts of visitors (`analytics.service.visitor_salts`)."""


@dataclass(frozen=True, slots=True)
class RotationResult:
    """Outcome for one row."""

    reencrypted: int = 0
    """Number of values encrypted with the current key."""
    undecryptable: tuple[str, ...] = ()
    """Columns whose value none of our keys decrypts; they are not changed."""
    is_busy: bool = False
    """Other processes kept writing the row; retry later."""


def reencrypt_row(table: EncryptedTable, row: Table) -> RotationResult:
    """Encrypt the row's values with the current key unless they are. Never replaces a concurrent writer's values."""
    current_row = row
    for _ in attempts(_ATTEMPTS):
        values, undecryptable = _reencrypt_values(table, current_row)
        if not values:
            return RotationResult(undecryptable=undecryptable)
        try:
            repository.replace_encrypted_values(current_row, values, table.lock(current_row))
        except WriteConflict:
            stored_row = repository.find(table.table, table.key(row))
            if stored_row is None:
                return RotationResult()
            current_row = stored_row
        else:
            return RotationResult(reencrypted=len(values), undecryptable=undecryptable)
    return RotationResult(is_busy=True)


def current_key_id() -> str:
    """Return the key that encrypts now, as `<kind>:<id>`."""
    return _key_id(secrets.encrypt("-", "shops/which-key"))


def key_ids_of_row(table: EncryptedTable, row: Table) -> set[str]:
    """Return the keys, each as `<kind>:<id>`, that the row's values are encrypted with."""
    return {_key_id(ciphertext) for column in table.columns if (ciphertext := getattr(row, column))}


def _key_id(ciphertext: str) -> str:
    return ciphertext.rpartition(":")[0]


def _reencrypt_values(table: EncryptedTable, row: Table) -> tuple[dict[str, tuple[str, str]], tuple[str, ...]]:
    """Return (old, new) ciphertext by column for values of older keys, and the columns that cannot be decrypted."""
    values: dict[str, tuple[str, str]] = {}
    undecryptable = []
    for column in table.columns:
        ciphertext = getattr(row, column)
        if ciphertext is None or secrets.is_current(ciphertext):
            continue
        context = table.encryption_context(row, column)
        try:
            values[column] = (ciphertext, secrets.encrypt(secrets.decrypt(ciphertext, context), context))
        except DecryptionFailed:
            undecryptable.append(column)
    return values, tuple(undecryptable)
