"""The encryption contexts of platform's encrypted columns: each binds a value to its row and column."""

from __future__ import annotations


def totp_context(user_id: str) -> str:
    """Return the encryption context of an account's TOTP secret."""
    return f"platform/users/{user_id}/totp_secret"


def request_context(job_id: str) -> str:
    """Return the encryption context of the request of a provisioning job."""
    return f"platform/provisioning_jobs/{job_id}/request"


def config_context(store_id: str, integration_type: str) -> str:
    """Return the encryption context of the secrets of a store's connection."""
    return f"platform/{store_id}/{integration_type}/config_data"
