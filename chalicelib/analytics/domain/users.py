"""Which data subject a tenant's user is."""

from __future__ import annotations

TOGETHER = "together"
"""The couples app, whose users are members."""


def user_subject(tenant: str, user_id: str) -> str | None:
    """Return the subject's name: a shop's customer by GID, a member of `together`; None for other tenants' users."""
    if tenant == TOGETHER:
        return f"member:{user_id}"
    kind, _, rest = tenant.partition(":")
    shop = rest.partition(":")[0]
    return f"customer:{shop}:{user_id}" if kind == "shop" else None
