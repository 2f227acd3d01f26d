"""Credits are granted as sold, even if the catalogue has changed when the payment arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.billing.catalogue import plans
from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.service import sold_credits
from chalicelib.billing.service.sync import intake
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, ledger_sums, of_type, payments, webhooks

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
PACK = plans.CREDIT_PACKS["credits_50"]


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the catalogue's packs."""

    def change(*packs: plans.CreditPack) -> None:
        for module in (plans, sold_credits):
            monkeypatch.setattr(module, "CREDIT_PACKS", {pack.id: pack for pack in packs})

    return change


def change_metadata(stripe_sandbox: StripeSandbox, events: list[Json], change: Callable[[Json], None]) -> None:
    """Change the metadata of the intent, in its event and at Stripe."""
    event = of_type(events, "payment_intent.succeeded")
    with stripe_sandbox.store() as stripe:
        change(stripe.get("payment_intent", event["data"]["object"]["id"])["metadata"])
        change(stripe._data["events"][event["id"]]["data"]["object"]["metadata"])


def test_a_pack_that_left_the_catalogue_is_granted_as_sold(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, offer: Callable[..., None]
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    offer()
    stripe_sandbox.deliver(events)
    assert drain() == []
    assert (payments()[0].credits, balances()) == (50, {member.relationship_id: 50})


def test_a_change_of_a_pack_affects_no_sale_and_no_replay(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, offer: Callable[..., None]
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    offer(replace(PACK, credits=70))
    for _ in range(2):
        stripe_sandbox.deliver(events)
        assert drain() == []
    intake.replay_event(of_type(events, "payment_intent.succeeded")["id"])
    assert drain() == []
    assert (payments()[0].credits, balances()) == (50, {member.relationship_id: 50})
    ledger_sums()


def test_unsigned_numbers_of_credits_are_ignored(
    member: Owner, store: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    for_other = sold_credits.sign_sale(store.id, replace(PACK, credits=9_000))
    change_metadata(stripe_sandbox, events, lambda metadata: metadata.update(for_other, credits="9000"))
    stripe_sandbox.deliver([of_type(events, "payment_intent.succeeded")])
    assert drain() == []
    assert balances() == {member.relationship_id: 50}


def test_an_unknown_unsigned_pack_fails_until_the_catalogue_has_it_again(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, offer: Callable[..., None]
) -> None:
    """A checkout of an earlier release is not signed."""
    events = events_of(member, None, credit_pack="credits_50")
    change_metadata(stripe_sandbox, events, lambda metadata: metadata.pop("sold"))
    event = of_type(events, "payment_intent.succeeded")
    offer()
    stripe_sandbox.deliver([event])
    assert drain()
    row = webhooks()[event["id"]]
    assert (row.status, "catalogue" in str(row.error_message), payments()) == (WebhookStatus.FAILED, True, [])
    offer(PACK)
    intake.replay_event(event["id"])
    assert drain() == []
    assert balances() == {member.relationship_id: 50}
