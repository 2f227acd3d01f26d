"""The state of a member for operators: nothing that the member or the couple wrote."""

from __future__ import annotations

from chalicelib.kit import unique_values
from chalicelib.together.errors import MemberNotFound
from chalicelib.together.models import User
from chalicelib.together.repository import relationships, users
from chalicelib.together.schemas.member_state import MemberStateRead


def get_member_state(user_id: str) -> MemberStateRead:
    """Return a member's state. Raises MemberNotFound."""
    user = users.find_user(user_id)
    if user is None:
        raise MemberNotFound
    return _to_read(user)


def find_member_state(email: str) -> MemberStateRead:
    """Return the state of the member with this address, in any letter case. Raises MemberNotFound."""
    name = unique_values.value_key("together", "users", "email", email.strip().lower())
    return get_member_state(unique_values.owner_of(name) or "-")


def _to_read(user: User) -> MemberStateRead:
    relationship = relationships.get_relationship(user.relationship_id) if user.relationship_id else None
    columns = {name: getattr(user, name) for name in MemberStateRead.model_fields if hasattr(user, name)}
    return MemberStateRead(
        **columns | {"addons": len(user.addons or {})},
        has_pending_email=user.pending_email is not None,
        relationship_status=relationship.status if relationship else None,
        has_partner=user.partner_id is not None,
        premium_until=relationship.premium_until if relationship else None,
        has_calendar=user.calendar_version > 0,
    )
