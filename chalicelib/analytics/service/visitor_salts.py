"""The keys that encrypt the salts of visitors, for the rotation of keys."""

from __future__ import annotations

from chalicelib.analytics.repository import visitor_salts
from chalicelib.kit import clock
from chalicelib.kit.secrets import DecryptionFailed


def reencrypt_salts() -> tuple[int, list[str]]:
    """Encrypt every stored salt with the current key.

    Returns the number of salts that were written, and the days of those that cannot be decrypted.
    """
    written, undecryptable = 0, []
    for row in visitor_salts.list_stored(clock.today()):
        try:
            written += visitor_salts.reencrypt(row)
        except DecryptionFailed:
            undecryptable.append(row.day.isoformat())
    return written, undecryptable


def key_ids() -> set[str]:
    """Return the ids of the keys that encrypt stored salts, such as `file:k1`."""
    return {row.salt.rpartition(":")[0] for row in visitor_salts.list_stored(clock.today())}
