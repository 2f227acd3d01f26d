"""Grants of earlier versions, without a row for the calendar month, count in that month."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.domain.credit_ledger import source_key
from chalicelib.billing.domain.monthly_grants import calendar_month
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.models import (
    CreditBalance,
    Customer,
    Subscription,
)
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.service import (
    register_customer,
)
from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.unit_of_work import UnitOfWork
from tests.billing.conftest import Owner, balances, ledger_sums, make_owner
from tests.billing.payment_factories import pay, reverse


def grant_as_before(owner: Owner, subscription_id: str, begins_at: datetime, amount: int, version: int = 3) -> str:
    """Enter a grant as the previous version: by subscription and day, without a row for the calendar month."""
    row = Subscription(
        id=ids.new(),
        owner=f"member/{owner.id}",
        owner_type=OwnerType.MEMBER,
        owner_id=owner.id,
        plan_name="try_it_out",
        status="active",
        billing_cycle="monthly",
        started_at=begins_at,
        created_at=begins_at,
        updated_at=begins_at,
    )
    row.id = subscription_id
    row.save()
    relationship = str(Customer.get(OwnerType.MEMBER, owner.id).relationship_id)
    entry_id, key = ids.time_ordered(), source_key("grant", subscription_id, f"{begins_at:%Y-%m-%d}")
    head = ledger_rows.balance(relationship)
    book = ledger_rows.opened(head)
    book.credit(EntryType.GRANT, amount, key, "try_it_out", monthly_grants.add_months(begins_at, 12))
    unit = UnitOfWork()
    with unit.transaction:
        ledger_rows.stage_ledger(unit.transaction, head, book)
        entry_id = book.entries[-1].id
        unique_values.claim(
            unit.transaction, ledger_rows.source_value_key(key), f"{relationship}/{entry_id}", Unavailable()
        )
    CreditBalance(relationship).update(actions=[CreditBalance.carried_until.remove()])
    return key


def test_grants_of_the_previous_version_count(member: Owner) -> None:
    """Another payment of the month grants the difference; its refund takes only that."""
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(member, "own-1", begins_at, 20)
    payment = pay(member, 80, at=begins_at)
    assert balances() == {member.relationship_id: 80}
    assert pay(member, 40, at=begins_at).month_claims
    assert balances() == {member.relationship_id: 80}
    reverse(payment)
    assert balances() == {member.relationship_id: 40}
    ledger_sums()


def test_a_grant_of_the_previous_version_counts_after_a_change_of_couple(member: Owner) -> None:
    begins_at = clock.now() - timedelta(seconds=5)
    key = grant_as_before(member, "sub_1", begins_at, 20)
    assert key == monthly_grants.month_source_key("sub_1", begins_at)
    register_customer("member", member.id, "a@example.com", relationship_id=str(uuid.uuid4()))
    pay(member, 20, at=begins_at)
    assert balances() == {member.relationship_id: 20}, "the guard of the same grant leads to its ledger"
    ledger_sums()


def test_a_partner_s_grant_of_the_previous_version_does_not_count(member: Owner) -> None:
    partner = make_owner(Role.MEMBER)
    register_customer("member", partner.id, "b@example.com", relationship_id=member.relationship_id)
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(partner, "own-1", begins_at, 20)
    pay(member, 20, at=begins_at)
    assert balances() == {member.relationship_id: 40}


def test_only_the_deployment_month_reads_grants_of_the_previous_version(
    member: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(member, "own-1", begins_at, 20)
    pay(member, 40, at=begins_at)
    assert CreditBalance.get(str(member.relationship_id)).carried_until == calendar_month(begins_at)
    looks: list[str] = []
    iterate = ledger_rows.iterate_grants
    monkeypatch.setattr(
        ledger_rows,
        "iterate_grants",
        lambda name, since: looks.append(name) or iterate(name, since),  # type: ignore[func-returns-value]
    )
    pay(member, 20, at=monthly_grants.add_months(begins_at, 1))
    assert looks == []
    assert balances() == {member.relationship_id: 60}
