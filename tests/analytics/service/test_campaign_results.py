"""The results of campaigns against a plain recount."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.local_days import milliseconds
from chalicelib.analytics.service.campaign_results import results_of
from tests.analytics.event_factories import LakeEvent, lake_event, local, part_of
from tests.examples import examples

NOON = local("2026-03-20 12:00")
CURRENCIES = {"a": None, "b": "EUR"}
COLUMNS = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "unique_opens",
    "clicked": "unique_clicks",
    "bounced": "bounces",
    "complained": "complaints",
    "unsubscribed": "unsubscribes",
}
WEEK = timedelta(days=7)
_LAGS = [timedelta(), timedelta(milliseconds=-1), timedelta(hours=1), WEEK, WEEK + timedelta(milliseconds=1)]


@st.composite
def emails(draw: st.DrawFn) -> LakeEvent:
    """An event of an e-mail of two campaigns, or of an unknown one."""
    data = {"campaign_id": draw(st.sampled_from(["a", "b", "c"])), "recipient": draw(st.sampled_from(["h1", "h2"]))}
    user = draw(st.sampled_from([None, "u1", "u2"]))
    text = draw(st.sampled_from([json.dumps(data)] * 9 + ["no json"]))
    name = f"email_{draw(st.sampled_from([*COLUMNS, 'clicked', 'clicked']))}"
    at = NOON + timedelta(hours=draw(st.integers(0, 30)))
    return lake_event(at, draw(st.integers()) % 2**30, type="system", name=name, user_id=user, visitor=None, data=text)


@st.composite
def purchases(draw: st.DrawFn) -> LakeEvent:
    """A purchase, or an event that is none, at a distance from a click that meets each boundary."""
    kind, name = draw(st.sampled_from([("conversion", "order"), ("payment", "payment_succeeded"), ("payment", "x")]))
    at = NOON + timedelta(hours=draw(st.integers(0, 30))) + draw(st.sampled_from(_LAGS))
    return lake_event(
        at,
        2**40 + draw(st.integers()) % 2**30,
        type=kind,
        name=name,
        visitor=None,
        user_id=draw(st.sampled_from([None, "u1", "u2"])),
        value=draw(st.sampled_from([None, Decimal("9.99"), Decimal(20)])),
        currency=draw(st.sampled_from([None, "EUR", "USD"])),
    )


def recount(events: Sequence[LakeEvent]) -> dict[str, dict[str, Any]]:
    """Return the results by campaign."""
    distinct: dict[str, LakeEvent] = {}
    for event in events:  # in the order of their days
        distinct.setdefault(event["id"], event)
    return {name: _recount_one(name, currency, list(distinct.values())) for name, currency in CURRENCIES.items()}


def _recount_one(campaign: str, currency: str | None, events: Sequence[LakeEvent]) -> dict[str, Any]:
    own = [
        (event, json.loads(event["data"]))
        for event in events
        if event["type"] == "system" and event["data"] != "no json"
    ]
    own = [(event, data) for event, data in own if data["campaign_id"] == campaign]
    result: dict[str, Any] = {
        column: len({event["user_id"] or data["recipient"] for event, data in own if event["name"] == f"email_{name}"})
        for name, column in COLUMNS.items()
    }
    clicks = [(event["user_id"], event["at_ms"]) for event, _ in own if event["name"] == "email_clicked"]
    bought = [
        event
        for event in events
        if (event["type"] == "conversion" or event["name"] == "payment_succeeded")
        and any(user == event["user_id"] and 0 <= event["at_ms"] - at <= 7 * 86_400_000 for user, at in clicks if user)
    ]
    counted = Counter(event["currency"] for event in bought if event["currency"])
    frequent = min(counted, key=lambda name: (-counted[name], name), default=None)
    result["currency"] = currency or frequent
    result["conversions"] = len({event["user_id"] for event in bought})
    result["revenue"] = sum(
        (event["value"] or Decimal(0) for event in bought if event["currency"] in {result["currency"]} - {None}),
        Decimal(0),
    )
    sent = [event["at_ms"] for event, _ in own if event["name"] == "email_sent"]
    result["first_sent_ms"] = min(sent, default=None)
    return result


@settings(max_examples=examples(15))
@given(st.lists(emails(), max_size=20), st.lists(purchases(), max_size=12), st.integers(0, 4))
def test_results_equal_a_plain_recount(sent: list[LakeEvent], bought: list[LakeEvent], repeated: int) -> None:
    """A purchase that two days have counts on the first of them."""
    events = list({event["id"]: event for event in [*sent, *bought]}.values())
    by_day: dict[Any, list[LakeEvent]] = {}
    for event in sorted(events, key=lambda each: milliseconds(NOON) - each["at_ms"]):
        by_day.setdefault(event["day"], []).append(event)
    ordered = [by_day[day] for day in sorted(by_day)]
    again = [event for event in ordered[0] if event["name"] == "order"][:repeated] if len(ordered) > 1 else []
    ordered[1:2] = [[*ordered[1], *({**event, "value": Decimal(1)} for event in again)]] if len(ordered) > 1 else []
    found = {row.pop("campaign_id"): row for row in results_of(CURRENCIES, [part_of(day) for day in ordered])}
    assert found == recount([event for day in ordered for event in day])
