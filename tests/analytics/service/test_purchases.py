"""The events of purchases, from the reports of subscriptions."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import Site
from chalicelib.analytics.schemas.messages import CollectedEvent
from chalicelib.analytics.service import recurring_revenue
from chalicelib.kit import clock
from tests.analytics.collection_factories import queued_events
from tests.analytics.revenue_factories import at, state, step, values
from tests.analytics.service.test_revenue_days import _one_shard, close, report, time

__all__ = ["_one_shard", "time"]


def sent() -> list[tuple[str, CollectedEvent]]:
    return [(message.tenant, event) for message in queued_events() for event in message.events]


def test_a_purchase_is_an_event_of_its_scope_with_the_mrr(time):
    report(state(step(0, 0), step(0.25, 30, 5)))
    report(state(step(0.5, 100)), owner="shop", scope=RevenueScope.STORE)
    close(time, 0.6)
    found = dict(sent())
    assert found.keys() == {"together", "platform"}
    event = found["together"]
    assert values(event.name, event.type, event.user_id, event.at_ms) == (
        "subscription_purchased",
        "system",
        "ann",
        at(0.25).timestamp() * 1000,
    )
    assert values(event.value, event.currency, event.day) == (35, "USD", at(0).date())
    assert json.loads(event.data or "") == {"kind": "new"}
    assert values(found["platform"].value, Site.get("platform").kind) == (100, "platform")


def test_a_change_of_a_paying_owner_is_no_purchase_but_a_return_is(time):
    report(state(step(0, 30), step(2, 0), step(4, 20)))
    close(time, 0.5)
    [(_, first)] = sent()
    time(1)
    report(state(step(1, 50), step(2, 0), step(4, 20), as_of=1))
    close(time, 1.5, since=1)
    assert sent() == []
    close(time, 4.5, since=1.5)
    [(_, second)] = sent()
    assert [json.loads(event.data or "")["kind"] for event in (first, second)] == ["new", "reactivation"]
    assert first.id != second.id


def test_a_recomputation_sends_the_same_event(time):
    report(state(step(0, 30)))
    close(time, 0.5)
    recurring_revenue.mark_all_due(RevenueScope.MEMBER, clock.now(), at(0).date())
    close(time, 0.52, since=0.5)
    [first, second] = [event for _, event in sent()]
    assert (first.id, first.at_ms, first.value) == (second.id, second.at_ms, Decimal(30))


def test_a_crash_after_the_movements_are_written_loses_no_purchase(time, monkeypatch):
    report(state(step(0, 30)))
    with monkeypatch.context() as patch:
        patch.setattr(recurring_revenue, "send_purchases", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            recurring_revenue.compute_owner("member/ann", time(0.5))
    assert sent() == []
    close(time, 0.55)
    assert len(sent()) == 1
