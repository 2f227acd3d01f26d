"""The encrypted columns of platform, for the rotation of keys."""

from __future__ import annotations

from chalicelib.platform.domain.sealed_columns import config_context, request_context, totp_context
from chalicelib.platform.models import IntegrationConfig, PlatformUser, ProvisioningJob
from chalicelib.shops.service.key_rotation import EncryptedTable

ENCRYPTED_TABLES = (
    EncryptedTable(
        PlatformUser,
        key=lambda row: (row.id,),
        columns=("totp_secret",),
        encryption_context=lambda row, _column: totp_context(row.id),
        lock=lambda _row: None,
    ),
    EncryptedTable(
        ProvisioningJob,
        key=lambda row: (row.id,),
        columns=("request",),
        encryption_context=lambda row, _column: request_context(row.id),
        lock=lambda _row: None,
    ),
    EncryptedTable(
        IntegrationConfig,
        key=lambda row: (row.store_id, row.integration_type),
        columns=("config_data",),
        encryption_context=lambda row, _column: config_context(row.store_id, row.integration_type),
        lock=lambda _row: None,
    ),
)
