"""Members and couples for the tests of together, written as rows, and a client that acts as a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from chalicelib.kit import auth, clock, ids, unique_values
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Membership, Relationship, User


def new_member(name: str = "Ada", email: str | None = None, **columns: Any) -> User:
    """Write a verified member in a space of their own and return the row; other columns of it may be given."""
    now, user_id, relationship_id = clock.now(), ids.new(), ids.new()
    user = User(
        user_id,
        email=email or f"{user_id}@example.com",
        display_name=name,
        email_verified=True,
        relationship_id=relationship_id,
        terms_accepted_at=now,
        created_at=now,
        updated_at=now,
    )
    for column, value in columns.items():
        setattr(user, column, value)
    with Transaction() as transaction:
        transaction.add(user)
        transaction.add(
            Relationship(
                relationship_id,
                user_1_id=user_id,
                status=RelationshipStatus.INVITED,
                created_at=now,
                updated_at=now,
            )
        )
        transaction.add(Membership(user_id, relationship_id, as_user_1=relationship_id, joined_at=now))
        unique_values.claim(
            transaction,
            unique_values.value_key("together", "users", "email", user.email),
            user_id,
            Conflict("The address is taken."),
        )
    return user


def new_couple(**columns: Any) -> tuple[User, User]:
    """Write two members in one active relationship and return their rows; columns of both may be given."""
    one, two = new_member("Ada", **columns), new_member("Ben", **columns)
    now = clock.now()
    joint, space = one.relationship_id, two.relationship_id
    Relationship(joint).update(
        [
            Relationship.user_2_id.set(two.id),
            Relationship.status.set(RelationshipStatus.ACTIVE),
            Relationship.activated_at.set(now),
        ]
    )
    Relationship(space).update([Relationship.status.set(RelationshipStatus.ENDED), Relationship.ended_at.set(now)])
    Membership(two.id, space).update([Membership.left_at.set(now)])
    Membership(two.id, joint, as_user_2=joint, joined_at=now).save()
    User(one.id).update([User.partner_id.set(two.id)])
    User(two.id).update([User.partner_id.set(one.id), User.relationship_id.set(joint)])
    return User.get(one.id), User.get(two.id)


@dataclass(frozen=True)
class MemberClient:
    """Calls the API as a member."""

    api: httpx2.Client
    user_id: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Call `/v1/together/<path>`; headers are given with underscores. A POST gets a new Idempotency-Key."""
        token = auth.mint(Role.MEMBER, self.user_id)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            named.setdefault("Idempotency-Key", ids.new())
        return self.api.request(
            method, f"/v1/together/{path}", json=body, headers={"Authorization": f"Bearer {token}", **named}
        )
