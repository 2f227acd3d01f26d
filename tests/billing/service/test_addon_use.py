"""One-time add-ons are consumed and returned once per key, and every change of an add-on is published."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.errors import AddonUsedUp
from chalicelib.billing.models import UserAddon
from chalicelib.billing.service import HeldAddon, addons_of, consume_addon, return_addon
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, listen, payments, refund
from tests.retention.crash import Crash, crash_at

Buy = Callable[..., Any]
Drain = Callable[[], list[Any]]


def statuses() -> list[AddonStatus]:
    return sorted(row.status for row in UserAddon.scan())


def test_a_session_is_consumed_once_for_each_key(member: Owner, buy: Buy) -> None:
    for _ in range(2):
        buy(member, addon="coaching_session")
    first, second = addons_of(member.id)
    assert consume_addon(member.id, "coaching_session", "one") == first.id
    assert consume_addon(member.id, "coaching_session", "one") == first.id
    assert addons_of(member.id) == [second]
    assert consume_addon(member.id, "coaching_session", "two") == second.id
    with pytest.raises(AddonUsedUp):
        consume_addon(member.id, "coaching_session", "three")
    assert statuses() == [AddonStatus.CONSUMED] * 2


def test_concurrent_requests_consume_one_session(member: Owner, buy: Buy) -> None:
    buy(member, addon="coaching_session")

    def consume(number: int) -> bool:
        try:
            return bool(consume_addon(member.id, "coaching_session", f"key {number}"))
        except AddonUsedUp:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(consume, range(4))) == [False, False, False, True]


def test_a_returned_session_can_be_used_again(member: Owner, buy: Buy) -> None:
    buy(member, addon="coaching_session")
    consume_addon(member.id, "coaching_session", "one")
    assert return_addon(member.id, "one")
    assert not return_addon(member.id, "one")
    assert [held.addon_id for held in addons_of(member.id)] == ["coaching_session"]
    assert consume_addon(member.id, "coaching_session", "two")


def test_a_consumed_session_that_was_refunded_does_not_return(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, addon="coaching_session")
    consume_addon(member.id, "coaching_session", "one")
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert return_addon(member.id, "one")
    assert (addons_of(member.id), statuses()) == ([], [AddonStatus.CANCELED])
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert statuses() == [AddonStatus.ACTIVE]


def test_a_recurring_addon_is_held_and_cannot_be_consumed(api: httpx2.Client, member: Owner, buy: Buy) -> None:
    buy(member, addon="surprise_box")
    [held] = addons_of(member.id)
    assert held == HeldAddon(held.id, "surprise_box", None)
    with pytest.raises(AddonUsedUp):
        consume_addon(member.id, "surprise_box", "one")
    api.post(f"/v1/billing/addons/mine/{held.id}/cancel", headers=member.headers)
    [held] = addons_of(member.id)
    assert held.until is not None
    assert held.until > clock.now() + timedelta(days=20)


def test_every_change_is_published(
    api: httpx2.Client, member: Owner, buy: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    heard = listen("billing-addons_changed")

    def changes() -> bool:
        received = heard()
        assert {message["owner_id"] for message in received} <= {member.id}
        return bool(received)

    buy(member, plan="try_it_out")
    assert not changes()
    buy(member, addon="surprise_box")
    assert changes()
    buy(member, addon="coaching_session")
    assert changes()
    consume_addon(member.id, "coaching_session", "one")
    assert changes()
    return_addon(member.id, "one")
    assert changes()
    [session] = [row for row in payments() if row.item == "coaching_session"]
    refund(stripe_sandbox, session.stripe_charge_id)
    assert drain() == []
    assert changes()
    [box] = addons_of(member.id)
    api.post(f"/v1/billing/addons/mine/{box.id}/cancel", headers=member.headers)
    assert changes()
    stripe_sandbox.drain()
    assert drain() == []
    heard()
    pass_time(days=32)
    assert drain() == []
    assert changes()
    assert addons_of(member.id) == []


def test_a_crash_after_the_write_publishes_at_the_retry(member: Owner, buy: Buy) -> None:
    buy(member, addon="coaching_session")
    heard = listen("billing-addons_changed")
    with pytest.raises(Crash), crash_at(1, "after-call", "TransactWriteItems"):
        consume_addon(member.id, "coaching_session", "one")
    assert heard() == []
    consume_addon(member.id, "coaching_session", "one")
    assert len(heard()) == 1
