"""Steps of pairing, for the tests of together."""

from __future__ import annotations

from chalicelib.together.models import Membership, Relationship, User
from tests.together.conftest import As


def invite(acting: As, inviter: User, email: str | None = None) -> str:
    """Create an invitation and return its code."""
    response = acting(inviter).call("POST", "invitations", {"email": email} if email else {})
    assert response.status_code == 201, response.text
    return str(response.json()["code"])


def accept_status(acting: As, acceptor: User, code: str) -> int:
    """Accept an invitation and return the status of the response."""
    return acting(acceptor).call("POST", f"invitations/{code}").status_code


def couples_of(*members: User) -> list[tuple[str, str]]:
    """Return the open couples of the members, each once, and check that every row agrees with them."""
    couples = set()
    for member in members:
        user = User.get(member.id, consistent_read=True)
        relationship = Relationship.get(user.relationship_id, consistent_read=True)
        assert user.id in (relationship.user_1_id, relationship.user_2_id)
        open_places = [row.relationship_id for row in Membership.query(user.id) if row.left_at is None]
        assert open_places == [relationship.id]
        if relationship.user_2_id is None:
            assert user.partner_id is None
            continue
        assert user.partner_id in (relationship.user_1_id, relationship.user_2_id)
        couples.add((relationship.user_1_id, relationship.user_2_id))
    return sorted(couples)
