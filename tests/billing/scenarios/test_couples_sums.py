"""Two members buy, spend, form couples and part: the sum over all ledgers is what was paid for and not spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain.payments import credits_due
from chalicelib.billing.enums import OwnerType, PaymentStatus
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import CreditBalance, PaymentTransaction
from chalicelib.billing.service import move_credits, register_customer, return_credits, spend_credits
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import SANDBOX_SECRET_KEY, StripeSandbox
from tests.billing.conftest import Owner, ledger_sums, operator_grant, payments
from tests.examples import examples
from tests.retention.crash import Crash, crash_at

Buy = Callable[..., Any]
Step = tuple[str, int, int]
KINDS = ("buy", "grant", "spend", "return", "accept", "end", "refund", "fail", "dispute", "lose", "win")


class Members:
    """Two members, alone or a couple, and the credits that their ledgers must hold together."""

    def __init__(self, stripe: StripeSandbox, buy: Buy, drain: Callable[[], list[Any]]) -> None:
        self.stripe, self._buy, self.drain = stripe, buy, drain
        self.members = [_new_member() for _ in range(2)]
        self.relationship_id: str | None = None
        self.spent: list[tuple[str, str, int]] = []
        self.disputes: list[str] = []
        self.refunds: list[str] = []
        self.granted = self.used = self.number = 0
        for member in self.members:
            self.register(member)

    def register(self, member: Owner) -> None:
        register_customer("member", member.id, f"{member.id[:8]}@example.com", relationship_id=self.relationship_id)

    def take(self, step: Step) -> None:
        """Take one step; one that is not possible does nothing. Then check the sums."""
        kind, who, amount = step
        self.number += 1
        getattr(self, kind)(self.members[who], amount)
        self.stripe.drain()
        assert self.drain() == []
        self.check()

    def check(self) -> None:
        kept = sum(_kept(payment) for payment in payments())
        total = sum(head.balance - head.shortfall for head in CreditBalance.scan())
        assert total == kept + self.granted - self.used
        ledger_sums()
        for head in CreditBalance.scan():
            assert sum((head.debts or {}).values()) == head.shortfall
            mine = {lot["owner_id"] for lot in head.lots} | set(head.debts or {})
            is_own = head.relationship_id in {member.id for member in self.members}
            assert mine <= ({head.relationship_id} if is_own else {member.id for member in self.members})
            assert not mine or is_own is (self.relationship_id is None)

    def buy(self, member: Owner, _: int) -> None:
        self._buy(member, credit_pack="credits_50")

    def grant(self, member: Owner, amount: int) -> None:
        operator_grant(member, amount, "a test")
        self.granted += amount

    def spend(self, member: Owner, amount: int) -> None:
        key = f"idea {self.number}"
        try:
            spend_credits(OwnerType.MEMBER, member.id, amount, key)
        except InsufficientCredits:
            return
        self.used += amount
        self.spent.append((member.id, key, amount))

    def return_(self, _: Owner, number: int) -> None:
        if self.spent:
            owner_id, key, amount = self.spent.pop(number % len(self.spent))
            assert return_credits(OwnerType.MEMBER, owner_id, key)
            assert return_credits(OwnerType.MEMBER, owner_id, key), "a repeated request"
            self.used -= amount

    def accept(self, member: Owner, _: int) -> None:
        if self.relationship_id is None:
            self.relationship_id = ids.new()
            self.settle(member, {each.id: each.id for each in self.members}, self.relationship_id)

    def end(self, member: Owner, _: int) -> None:
        if former := self.relationship_id:
            self.relationship_id = None
            self.settle(member, {each.id: former for each in self.members}, None)

    def settle(self, first: Owner, sources: dict[str, str], target: str | None) -> None:
        """Move both members' credits, `first` first; the first attempt is killed after its first write."""
        for member in sorted(self.members, key=lambda each: each.id != first.id):
            self.register(member)
            arguments = f"event {self.number}", sources[member.id], target or member.id, member.id
            try:
                with crash_at(1, "after-call", "TransactWriteItems"):
                    move_credits(*arguments)
            except Crash:
                move_credits(*arguments)

    def refund(self, member: Owner, amount: int) -> None:
        for payment in payments():
            if payment.owner_id == member.id:
                params = {"charge": str(payment.stripe_charge_id), "amount": str(amount * 20)}
                answer = httpx2.post(f"{self.stripe.url}/v1/refunds", data=params, headers=self.key)
                self.refunds += [answer.json()["id"]] if answer.status_code == 200 else []
                return

    def fail(self, _: Owner, number: int) -> None:
        if self.refunds:
            self.stripe.settle_refund(self.refunds.pop(number % len(self.refunds)), "failed")

    def dispute(self, member: Owner, _: int) -> None:
        mine = [payment for payment in payments() if payment.owner_id == member.id and payment.dispute is None]
        if mine:
            self.disputes.append(self.stripe.open_dispute(str(mine[-1].stripe_charge_id))["id"])

    def lose(self, _: Owner, number: int) -> None:
        self._close(number, "lost")

    def win(self, _: Owner, number: int) -> None:
        self._close(number, "won")

    def _close(self, number: int, status: str) -> None:
        if self.disputes:
            self.stripe.close_dispute(self.disputes.pop(number % len(self.disputes)), status)

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {SANDBOX_SECRET_KEY}"}


def _new_member() -> Owner:
    owner_id = ids.new()
    return Owner(owner_id, {"Authorization": f"Bearer {auth.mint(Role.MEMBER, owner_id)}"}, None)


def _kept(payment: PaymentTransaction) -> int:
    """Return the credits of a payment that its money still pays for."""
    if payment.status not in (PaymentStatus.COMPLETED, PaymentStatus.REFUNDED):
        return 0
    return int(payment.credits - credits_due(payment.credits, payment.amount, payment.refunded_amount))


steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(1, 25)), min_size=6, max_size=14)
A_LIFE: list[Step] = [
    ("buy", 0, 1),
    ("grant", 1, 20),
    ("accept", 1, 1),
    ("spend", 1, 25),
    ("spend", 0, 22),
    ("refund", 0, 20),
    ("end", 0, 1),
    ("return", 0, 1),
    ("dispute", 0, 1),
    ("accept", 0, 1),
    ("lose", 0, 1),
    ("fail", 0, 1),
    ("end", 1, 1),
]


@settings(max_examples=examples(4), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(taken=A_LIFE)
@given(taken=steps)
def test_the_sum_over_all_ledgers_is_what_is_paid_and_not_spent(
    taken: list[Step],
    catalogue: None,
    stripe_sandbox: StripeSandbox,
    buy: Buy,
    drain: Callable[[], list[Any]],
    forget_rows: Callable[[], None],
) -> None:
    forget_rows()
    members = Members(stripe_sandbox, buy, drain)
    for kind, who, amount in taken:
        members.take((f"{kind}_" if kind == "return" else kind, who, amount))
