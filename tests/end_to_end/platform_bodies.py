"""Bodies for the routes of platform: each would be accepted from an owner, operator or key that may send it."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.member_bodies import MEMBER_BODIES, WRONG_PASSWORD

SKU = "FIRST-1"
"""The product of the first owner's store."""
OWN_SERVER = {
    "type": "postgresql",
    "host": "10.0.0.1",
    "database": "shop",
    "username": "shop",
    "password": "stolen",
}
_QUOTE = {"currency": "USD", "items": [{"sku": SKU, "quantity": 1}]}

_SHARED = (
    "AccountDeletion",
    "AccountVerification",
    "EmailChange",
    "EmailConfirmation",
    "PasswordChange",
    "PasswordReset",
    "PasswordResetCreate",
    "SessionRefresh",
)
"""Schemas of kit's accounts, which members have as well."""

PLATFORM_BODIES: dict[str, dict[str, Any]] = {
    **{name: MEMBER_BODIES[name] for name in _SHARED},
    "AdjustmentCreate": {"product_id": "00000000-0000-4000-8000-000000000000", "delta": 1},
    "DatabaseInput": {"database": {"type": "shared"}},
    "MigrationRunCreate": {},
    "OrderCreate": _QUOTE,
    "OrderUpdate": {"status": "cancelled"},
    "OwnDatabaseInput": {"database": OWN_SERVER},
    "OwnerCreate": {
        "email": "new-owner@example.com",
        "password": WRONG_PASSWORD,
        "display_name": "New",
        "accept_terms": True,
    },
    "OwnerUpdate": {"display_name": "Stolen"},
    "PlatformSessionCreate": {"email": "new-owner@example.com", "password": WRONG_PASSWORD},
    "QuoteCreate": _QUOTE,
    "RestoreInput": {"backup": "00000000-0000-4000-8000-000000000000"},
    "RowUpdate": {"name": "stolen"},
    "RowsWrite": {"sku": SKU, "slug": "stolen", "name": "stolen"},
    "SettingPut": {"value": {"is_open": False}},
    "StoreCreate": {"name": "Stolen", "slug": "stolen-shop"},
    "StoreDeletion": {"confirm": "stolen-shop"},
    "StoreKeyCreate": {"name": "stolen", "scope": "write"},
    "StorageInput": {
        "storage": {
            "type": "aws-s3",
            "bucket": "stolen-files",
            "region": "eu-central-1",
            "access_key": "stolen",
            "secret_key": "stolen",
        }
    },
    "StoreSuspension": {"reason": "stolen"},
    "StoreUpdate": {"name": "Stolen"},
    "UploadCreate": {"file_name": "stolen.png", "content_type": "image/png", "byte_size": 1},
}
"""Bodies by the name of their schema."""
CUSTOMER_ROW = {"email": "stolen@example.com"}
"""A row of the table `customers`."""
