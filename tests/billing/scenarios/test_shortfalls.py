"""A canceled reversal restores the credits of its payment and settles no shortfall of another payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import CreditBalance
from chalicelib.billing.service import credits
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, ledger_sums, payments, refund

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


@pytest.mark.parametrize("is_plan_first", [True, False])
def test_a_failed_refund_and_a_lost_plan_commute(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain, is_plan_first: bool
) -> None:
    buy(member, plan="better_together")
    credits.spend_credits(OwnerType.MEMBER, member.id, 40, "k")
    buy(member, credit_pack="credits_50")
    plan, pack = sorted(payments(), key=lambda row: row.created_at)

    def settle() -> tuple[int, int]:
        stripe_sandbox.drain()
        assert drain() == []
        ledger_sums()
        (head,) = CreditBalance.scan()
        return head.balance, head.shortfall

    def lose() -> str:
        row = stripe_sandbox.open_dispute(str(plan.stripe_charge_id))
        stripe_sandbox.close_dispute(row["id"], "lost")
        settle()
        return str(row["id"])

    def bounce() -> None:
        refund_id = refund(stripe_sandbox, pack.stripe_charge_id)
        settle()
        stripe_sandbox.settle_refund(refund_id, "failed")
        settle()

    if is_plan_first:
        dispute_id = lose()
        bounce()
    else:
        bounce()
        dispute_id = lose()
    assert settle() == (50, 40)
    stripe_sandbox.close_dispute(dispute_id, "won")
    assert settle() == (50, 0)
