"""The members as customers of billing."""

from __future__ import annotations

from chalicelib.billing import service as billing
from chalicelib.together.models import User


def register_member(user: User) -> None:
    """Register the member's present e-mail, name and ledger with billing: a couple's is the relationship."""
    ledger = user.relationship_id if user.partner_id is not None else None
    billing.register_customer("member", user.id, user.email, name=user.display_name, relationship_id=ledger)
