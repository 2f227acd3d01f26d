"""States of relationships, written as rows, for the tests of together: premium, paused, ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from chalicelib.kit import clock
from chalicelib.kit.errors import Problem
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Membership, Relationship, User
from tests.together.members import new_member


def make_premium(user: User, until: datetime | None = None) -> None:
    """Open premium for the member's relationship, for a day by default."""
    until = until or clock.now() + timedelta(days=1)
    Relationship(user.relationship_id).update([Relationship.premium_until.set(until)])


def pause(user: User) -> None:
    """Pause the member's relationship."""
    Relationship(user.relationship_id).update([Relationship.status.set(RelationshipStatus.PAUSED)])


def end(*users: User) -> str:
    """End the members' relationship and give each a space of their own; return the id of the former relationship."""
    former, now = str(users[0].relationship_id), clock.now()
    Relationship(former).update([Relationship.status.set(RelationshipStatus.ENDED), Relationship.ended_at.set(now)])
    for user in users:
        Membership(user.id, former).update([Membership.left_at.set(now)])
        space = new_member().relationship_id
        Relationship(space).update([Relationship.user_1_id.set(user.id)])
        Membership(user.id, space, as_user_1=space, joined_at=now).save()
        User(user.id).update([User.relationship_id.set(space), User.partner_id.remove()])
    return former


def outcomes(act: Callable[[int], object], count: int = 8) -> list[str]:
    """Call `act` in threads at the same time; return the sorted names of the errors, `ok` without one."""

    def run(number: int) -> str:
        try:
            act(number)
        except Problem as problem:
            return problem.code
        return "ok"

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(run, range(count)))
