"""Tests of the members that the other tests use."""

from __future__ import annotations

from chalicelib.kit import auth
from chalicelib.kit.auth import Credentials, Role
from chalicelib.together.models import Relationship
from chalicelib.together.service.auth import member
from tests.together.members import new_couple, new_member


def _credentials(user_id: str) -> Credentials:
    token = auth.mint(Role.MEMBER, user_id)
    return Credentials({"authorization": f"Bearer {token}"}, {}, {}, b"")


def test_a_couple_shares_one_active_relationship() -> None:
    one, two = new_couple()
    assert one.relationship_id == two.relationship_id
    assert Relationship.get(one.relationship_id).user_2_id == two.id


def test_the_verifier_returns_the_member_with_their_row() -> None:
    user = new_member()
    assert member(_credentials(user.id)).user.email == user.email
