"""The data subject behind a tenant's user."""

from __future__ import annotations

TOGETHER = "together"
"""The tenant of the couples app."""


def user_subject(tenant: str, user_id: str) -> str | None:
    """Return the subject name of a user: a member, or a customer of a shop. None if the tenant's users are neither."""
    if tenant == TOGETHER:
        return f"member:{user_id}"
    kind, _, rest = tenant.partition(":")
    return f"customer:{rest.partition(':')[0]}:{user_id}" if kind == "shop" else None
