"""The cost of moving a member's lots: linear in the lots but for the two heads, which each step writes whole."""

from __future__ import annotations

import pytest

from chalicelib.billing.models import CreditBalance
from chalicelib.billing.service import move_credits, register_customer
from chalicelib.kit import clock, ids
from infra.bench.round_trips import metered
from infra.docs.couple_costs import TRANSFERS


@pytest.mark.parametrize("lots", [10, 1_000])
def test_the_lots_of_one_who_accepts_move_in_steps_of_forty(lots: int) -> None:
    user_id, relationship_id = ids.new(), ids.new()
    held = [{"lot_id": ids.new(), "remaining": 1, "owner_id": user_id} for _ in range(lots)]
    now = clock.now()
    head = CreditBalance(user_id, balance=lots, lots=held, changed_on="2027-01-01", version=1, updated_at=now)
    head.save()
    register_customer("member", user_id, "ada@example.com", relationship_id=relationship_id)
    with metered() as meter:
        move_credits("accept", user_id, relationship_id, user_id)
    assert CreditBalance.get(relationship_id).balance == lots
    assert len(CreditBalance.get(relationship_id).lots) == lots
    assert CreditBalance.get(user_id).balance == 0
    assert meter.cost == TRANSFERS[lots]
