"""The credit ledger of an owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.billing.repository import credits
from chalicelib.billing.service import entitlement, register_customer
from chalicelib.kit import auth, ids, sessions
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner


def enter(relationship_id: str, amount: int, source_key: str, head: CreditBalance | None = None) -> None:
    head = head or credits.balance(relationship_id)
    book = credits.opened(head)
    book.credit(EntryType.GRANT, amount, source_key, "a test")
    with Transaction() as transaction:
        credits.stage_ledger(transaction, head, book)


def test_one_source_is_entered_once_and_the_balance_is_the_sum(member: Owner) -> None:
    relationship = str(member.relationship_id)
    enter(relationship, 5, "a")
    enter(relationship, 7, "b")
    with pytest.raises(WriteConflict):
        enter(relationship, 5, "a")
    with pytest.raises(WriteConflict):
        enter("another relationship", 5, "a")
    rows = list(CreditEntry.query(relationship))
    assert [row.balance_after for row in rows] == [5, 12]
    assert credits.balance(relationship).balance == credits.total(relationship) == 12
    assert credits.balance("another relationship").version == 0


def test_a_stale_balance_is_refused(member: Owner) -> None:
    relationship = str(member.relationship_id)
    stale = credits.balance(relationship)
    enter(relationship, 5, "a")
    with pytest.raises(WriteConflict):
        enter(relationship, 1, "b", stale)
    assert credits.entered(["a", "b"]).keys() == {"a"}


def test_the_ledger_is_paged_newest_first_with_cursors_of_the_caller(
    api: httpx2.Client, member: Owner, store: Owner
) -> None:
    for number in range(5):
        enter(str(member.relationship_id), 1, f"source {number}")
    url, balances = "/v1/billing/credits/ledger", []
    page = api.get(url, params={"limit": 2}, headers=member.headers).json()
    stolen = api.get(url, params={"limit": 2, "cursor": page["next_cursor"]}, headers=store.headers)
    assert stolen.status_code == 422
    while True:
        balances += [entry["balance_after"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        page = api.get(url, params={"limit": 2, "cursor": page["next_cursor"]}, headers=member.headers).json()
    assert balances == [5, 4, 3, 2, 1]


def test_only_the_couple_sees_its_shared_credits(
    api: httpx2.Client,
    member: Owner,
    store: Owner,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Callable[[], list[Any]],
) -> None:
    partner = register_partner(member)
    stripe_sandbox.complete_checkout(checkout(member, "premium_plus").json()["id"])
    drain()
    seen = [api.get("/v1/billing/credits", headers=owner.headers).json() for owner in (member, partner)]
    assert seen[0] == seen[1]
    assert (seen[0]["balance"], seen[0]["suspended"]) == (80, 0)
    assert [lot["remaining"] for lot in seen[0]["lots"]] == [80]
    assert api.get("/v1/billing/credits", headers=store.headers).json()["balance"] == 0


def register_partner(member: Owner) -> Owner:
    partner_id = ids.new()
    register_customer("member", partner_id, "partner@example.com", relationship_id=member.relationship_id)
    token = auth.mint(auth.Role.MEMBER, partner_id)
    return Owner(partner_id, {"Authorization": f"Bearer {token}"}, member.relationship_id)


def test_a_store_without_a_subscription_is_on_the_free_plan(api: httpx2.Client, store: Owner) -> None:
    matches = entitlement(OwnerType.STORE, store.id)
    assert (matches.has_access, matches.plan_name, matches.access_until) == (True, "free", None)
    listed = api.get("/v1/billing/subscription", headers=store.headers).json()
    assert (listed["plan_name"], listed["limits"]["max_products"]) == ("free", 25)


@pytest.mark.parametrize("path", ["plans", "subscription", "credits", "credits/ledger"])
def test_an_operator_or_anonymous_caller_is_refused(api: httpx2.Client, path: str) -> None:
    operator = {"Authorization": f"Bearer {auth.mint(auth.Role.OPERATOR, 'op')}"}
    assert api.get(f"/v1/billing/{path}").status_code == 401
    assert api.get(f"/v1/billing/{path}", headers=operator).status_code == 403


@pytest.mark.parametrize("path", ["subscription", "credits", "addons", "gifts"])
def test_an_ended_session_is_refused_at_once(api: httpx2.Client, member: Owner, path: str) -> None:
    session = sessions.new_session(f"member:{member.id}", None)
    session.save()
    token = auth.mint(auth.Role.MEMBER, member.id, session_id=session.id)
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get(f"/v1/billing/{path}", headers=headers).status_code == 200
    sessions.end_sessions([session])
    response = api.get(f"/v1/billing/{path}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "SessionEnded")
