"""The encrypted columns of platform, for the rotation of keys."""

from __future__ import annotations

from chalicelib.platform.domain.sealed_columns import totp_context
from chalicelib.platform.models import PlatformUser
from chalicelib.shops.service.key_rotation import EncryptedTable

ENCRYPTED_TABLES = (
    EncryptedTable(
        PlatformUser,
        key=lambda row: (row.id,),
        columns=("totp_secret",),
        encryption_context=lambda row, _column: totp_context(row.id),
        lock=lambda _row: None,
    ),
)
