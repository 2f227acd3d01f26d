"""The costs of couples do not grow with what their members had before; docs/costs.md has the same figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.kit import clock
from chalicelib.together.domain.pauses import MAX_PAUSES
from chalicelib.together.models import Membership, Relationship, User
from chalicelib.together.service.acceptance import accept_invitation
from chalicelib.together.service.endings import end_relationship
from chalicelib.together.service.invitations import create_invitation
from chalicelib.together.service.pauses import pause_relationship
from infra.bench.round_trips import Cost, metered
from infra.docs.couple_costs import COUPLES
from tests.together.members import new_couple, new_member


def _cost(act: Callable[[], object]) -> Cost:
    with metered() as meter:
        act()
    return meter.cost


def _add_former_places(user: User, count: int) -> None:
    now = clock.now()
    with Membership.batch_write() as batch:
        for number in range(count):
            batch.save(
                Membership(user.id, f"former-{number}", as_user_1=f"former-{number}", joined_at=now, left_at=now)
            )


@pytest.mark.parametrize("former", [10, 1_000])
def test_a_couple_costs_the_same_whatever_its_members_had_before(former: int) -> None:
    ada, ben = new_member(), new_member()
    for user in (ada, ben):
        _add_former_places(user, former)
    codes: list[str] = []
    costs = {
        "invitation created": _cost(lambda: codes.append(create_invitation(ada, None).code)),
        "invitation accepted": _cost(lambda: accept_invitation(ben, codes[0])),
        "relationship paused": _cost(lambda: pause_relationship(ada)),
        "relationship ended": _cost(lambda: end_relationship(ben)),
    }
    assert costs == {name: cost for name, cost in COUPLES.items() if name in costs}


def test_pauses_cost_no_more_than_their_cap() -> None:
    ada, ben = new_couple()
    past = [[clock.iso(clock.now()), clock.iso(clock.now()), ben.id]] * MAX_PAUSES
    Relationship(ada.relationship_id).update([Relationship.pauses.set(past)])
    assert _cost(lambda: pause_relationship(ada)) == COUPLES["relationship paused, with 50 pauses"]
    assert len(Relationship.get(ada.relationship_id).pauses) == MAX_PAUSES
