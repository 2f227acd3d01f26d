"""Perks: one box a month for each entitlement, coaching that consumes its add-on, and what operators see and change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing import service as billing
from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.models import UserAddon
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.models import IdempotencyRecord
from chalicelib.together.enums import PerkKind, PerkStatus
from chalicelib.together.errors import PerkClaimed, PerkNotIncluded
from chalicelib.together.models import Notification, Perk, User
from chalicelib.together.schemas.perks import OperatorPerkUpdate, PerkClaim
from chalicelib.together.service import perk_addresses, perk_fulfilment, perks
from tests.together.clocks import MovedClock
from tests.together.conftest import As
from tests.together.members import MemberClient, new_member
from tests.together.offers import give_addon, operate, subscribe
from tests.together.spaces import outcomes

BOX = {"kind": "surprise_box", "address": "1 Long Street"}
COACHING = {"kind": "coaching", "preferred_times": ["Monday morning"]}


def claim(client: MemberClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.call("POST", "perks", body)
    assert response.status_code == 201, response.text
    return dict(response.json())


def claim_box(user: User) -> str:
    return perks.claim_perk(user, PerkClaim(kind=PerkKind.SURPRISE_BOX, address="A"), None).id


def available(client: MemberClient) -> dict[str, int]:
    return {each["kind"]: each["count"] for each in client.call("GET", "perks").json()["available"]}


def test_each_entitlement_includes_one_box_a_month(moved_clock: MovedClock) -> None:
    user = new_member()
    with pytest.raises(PerkNotIncluded):
        claim_box(user)
    subscribe(user, "premium_plus", days=70)
    subscribe(user, "premium_plus", days=60)
    subscribe(user, "try_it_out")
    give_addon(user, "surprise_box", clock.now() + timedelta(days=25))
    assert len({claim_box(user), claim_box(user)}) == 2
    with pytest.raises(PerkClaimed):
        claim_box(user)
    moved_clock.moment = datetime(2027, 4, 1, tzinfo=UTC)
    claim_box(user)
    claim_box(user)
    moved_clock.moment = datetime(2027, 5, 1, tzinfo=UTC)  # the add-on is over
    claim_box(user)
    with pytest.raises(PerkClaimed):
        claim_box(user)
    moved_clock.moment = datetime(2027, 6, 1, tzinfo=UTC)  # the plan is over
    with pytest.raises(PerkNotIncluded):
        claim_box(user)


def test_concurrent_claims_get_one_box() -> None:
    user = new_member()
    subscribe(user, "premium_plus")
    results = outcomes(lambda _: claim_box(user))
    assert results == ["PerkClaimed"] * 7 + ["ok"]
    assert len(list(Perk.query(user.id))) == 1


def test_an_address_is_encrypted_and_only_operators_read_it(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    subscribe(user, "premium_plus")
    perk = claim(acting(user), BOX)
    [row] = Perk.query(user.id)
    assert "Long Street" not in str(row.address)
    assert all("Long Street" not in str(record.response) for record in IdempotencyRecord.scan())
    assert "address" not in acting(user).call("GET", "perks").json()["items"][0]
    [listed] = operate(api, "GET", "perks").json()["items"]
    assert (listed["address"], listed["user_id"]) == (None, user.id)
    single = operate(api, "GET", f"perks/{perk['id']}", role=Role.SUPPORT).json()
    assert single["address"] == "1 Long Street"
    assert operate(api, "PATCH", f"perks/{perk['id']}", {"status": "shipped"}, role=Role.SUPPORT).status_code == 403


def test_a_box_is_shipped_and_done(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    subscribe(user, "premium_plus")
    path = f"perks/{claim(acting(user), BOX)['id']}"
    shipped = operate(api, "PATCH", path, {"status": "shipped", "tracking": "T-1"})
    assert (shipped.json()["status"], shipped.json()["tracking"]) == ("shipped", "T-1")
    assert operate(api, "PATCH", path, {"status": "shipped", "tracking": "T-1"}).status_code == 200
    assert [row.title for row in Notification.query(user.id)] == ["Your surprise box is on its way"]
    assert operate(api, "PATCH", path, {"status": "scheduled"}).json()["code"] == "PerkClosed"
    assert operate(api, "PATCH", path, {"status": "done"}).status_code == 200
    assert operate(api, "PATCH", path, {"status": "cancelled"}).json()["code"] == "PerkClosed"
    assert operate(api, "GET", "perks").json()["items"] == []
    assert len(operate(api, "GET", "perks?status=done").json()["items"]) == 1
    assert acting(user).call("GET", "perks").json()["items"][0]["tracking"] == "T-1"


def test_coaching_consumes_its_addon_and_a_cancelled_session_returns_it(acting: As, api: httpx2.Client) -> None:
    user = new_member()
    addon = give_addon(user, "coaching_session")
    client = acting(user)
    assert available(client) == {"coaching": 1}
    perk = claim(client, COACHING)
    assert UserAddon.get(user.id, addon).status is AddonStatus.CONSUMED
    assert available(client) == {}
    assert client.call("POST", "perks", COACHING).json()["code"] == "PerkNotIncluded"
    path = f"perks/{perk['id']}"
    at = "2028-05-01T10:00:00Z"
    assert operate(api, "PATCH", path, {"status": "scheduled", "scheduled_at": at}).status_code == 200
    for _ in range(2):
        assert operate(api, "PATCH", path, {"status": "cancelled"}).json()["status"] == "cancelled"
        assert UserAddon.get(user.id, addon).status is AddonStatus.ACTIVE
    assert claim(client, COACHING)["id"] == perk["id"]
    assert UserAddon.get(user.id, addon).status is AddonStatus.CONSUMED


def test_concurrent_claims_of_two_sessions_consume_two_addons() -> None:
    user = new_member()
    addons = [give_addon(user, "coaching_session") for _ in range(2)]
    body = PerkClaim(kind=PerkKind.COACHING)
    results = outcomes(lambda _: perks.claim_perk(user, body, None), 6)
    assert results.count("ok") == 2
    assert [UserAddon.get(user.id, each).status for each in addons] == [AddonStatus.CONSUMED] * 2


def test_a_crash_before_the_addon_is_consumed_claims_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    user = new_member()
    addon = give_addon(user, "coaching_session")
    body = PerkClaim(kind=PerkKind.COACHING)
    with monkeypatch.context() as patch:
        patch.setattr(perks, "_consume", lambda row: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            perks.claim_perk(user, body, None)
    assert UserAddon.get(user.id, addon).status is AddonStatus.ACTIVE
    assert perks.list_perks(user).available == []
    with pytest.raises(PerkClaimed):
        perks.claim_perk(user, body, None)
    [perk] = perks.list_perks(user).items
    update = {"status": PerkStatus.SCHEDULED}
    perk_fulfilment.change_perk(perk.id, OperatorPerkUpdate.model_validate(update))
    assert UserAddon.get(user.id, addon).status is AddonStatus.CONSUMED


def test_a_session_whose_addon_was_refunded_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    user = new_member()
    addon = give_addon(user, "coaching_session")
    held = billing.addons_of(user.id)
    UserAddon(user.id, addon).update([UserAddon.status.set(AddonStatus.CANCELED)])
    monkeypatch.setattr(billing, "addons_of", lambda user_id: held)
    with pytest.raises(PerkNotIncluded):
        perks.claim_perk(user, PerkClaim(kind=PerkKind.COACHING), None)
    assert [row.status for row in Perk.query(user.id)] == [PerkStatus.CANCELLED]


def test_addresses_are_removed_after_ninety_days(moved_clock: MovedClock) -> None:
    user = new_member()
    subscribe(user, "premium_plus", days=200)
    shipped = claim_box(user)
    update = OperatorPerkUpdate.model_validate({"status": PerkStatus.SHIPPED})
    perk_fulfilment.change_perk(shipped, update)
    moved_clock.move(days=30)
    claim_box(user)  # requested: its address stays
    last = moved_clock.move(days=59)
    assert perk_addresses.remove_old_addresses(last, None) == 0
    assert perk_fulfilment.get_perk(shipped).address == "A"
    due = moved_clock.move(days=1)
    assert perk_addresses.remove_old_addresses(due, last) == 1
    assert perk_fulfilment.get_perk(shipped).address is None
    assert [row.address is None for row in Perk.query(user.id)] == [True, False]
    later = moved_clock.move(days=30)
    assert perk_addresses.remove_old_addresses(later, due) == 0


@pytest.mark.parametrize(
    "body",
    [{"kind": "surprise_box"}, {"kind": "coaching", "address": "A"}, {**BOX, "preferred_times": ["x"]}],
)
def test_a_claim_has_the_fields_of_its_kind(acting: As, body: dict[str, Any]) -> None:
    assert acting(new_member()).call("POST", "perks", body).status_code == 422


@pytest.mark.parametrize("perk", ["x", "!!", "bm9ib2R5", "bm9ib2R5L3g"])
def test_an_unknown_perk_is_not_found(api: httpx2.Client, perk: str) -> None:
    assert operate(api, "GET", f"perks/{perk}").status_code == 404
    assert operate(api, "PATCH", f"perks/{perk}", {"status": "done"}).status_code == 404
