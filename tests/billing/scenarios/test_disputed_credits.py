"""A disputed payment is flagged; its credits are held, then released or taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import CreditBalance
from chalicelib.billing.service import credits
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, ledger_sums, payments

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


@pytest.fixture
def disputed(member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain) -> str:
    buy(member, credit_pack="credits_200")
    dispute = stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id))
    stripe_sandbox.drain()
    assert drain() == []
    return str(dispute["id"])


def test_disputed_credits_count_and_cannot_be_spent(api: httpx2.Client, member: Owner, disputed: str) -> None:
    response = api.get("/v1/billing/credits", headers=member.headers).json()
    assert (response["balance"], response["suspended"]) == (200, 200)
    assert payments()[0].disputed_at is not None
    with pytest.raises(InsufficientCredits):
        credits.spend_credits(OwnerType.MEMBER, member.id, 1, "k")
    ledger_sums()


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
@pytest.mark.parametrize(
    ("verdict", "left", "flagged"), [("won", 200, False), ("warning_closed", 200, False), ("lost", 0, True)]
)
def test_a_won_dispute_releases_the_credits_and_a_lost_one_takes_them(
    member: Owner,
    disputed: str,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    verdict: str,
    left: int,
    flagged: bool,
    version: str,
) -> None:
    stripe_sandbox.api_version = version
    stripe_sandbox.close_dispute(disputed, verdict)
    stripe_sandbox.drain()
    assert drain() == []
    (head,), (payment,) = CreditBalance.scan(), payments()
    assert (head.balance, head.suspended) == (left, 0)
    assert (payment.disputed_at is not None) is flagged
    ledger_sums()


def test_an_opening_event_after_the_verdict_holds_no_credits(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    stripe_sandbox.hold_events = True
    dispute = stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id))
    stripe_sandbox.close_dispute(dispute["id"], "won")
    stripe_sandbox.drain()
    opened, closed = stripe_sandbox.held()
    for event in (closed, opened, closed):
        stripe_sandbox.deliver([event])
        assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended) == (200, 0)
    assert payments()[0].disputed_at is None


@pytest.mark.parametrize(
    ("verdicts", "left", "held"),
    [(("won", None), 200, 200), (("lost", None), 0, 0), (("won", "warning_closed"), 200, 0)],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_verdict_keeps_credits_held_by_another_dispute(
    member: Owner,
    buy: Buy,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    verdicts: tuple[str | None, ...],
    left: int,
    held: int,
    order: int,
) -> None:
    buy(member, credit_pack="credits_200")
    stripe_sandbox.hold_events = True
    opened = [stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id)) for _ in verdicts]
    for dispute, verdict in zip(opened, verdicts, strict=True):
        if verdict:
            stripe_sandbox.close_dispute(dispute["id"], verdict)
    stripe_sandbox.drain()
    for event in stripe_sandbox.held()[::order]:
        stripe_sandbox.deliver([event])
        assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended) == (left, held)
    assert (payments()[0].disputed_at is None) is (left == 200 and not held)
    ledger_sums()
