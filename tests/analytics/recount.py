"""A plain recount of all events that were ever sent: what every number must be, however the events arrived.

It shares no code with the computation but the boundaries of local days.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from chalicelib.analytics.domain.local_days import day_bounds
from tests.analytics.event_factories import LakeEvent

GAP = 30 * 60 * 1000
OPENING = {"page_view", "user_action", "feature_usage", "conversion"}


@dataclass
class Visit:
    """The events of a visit, in order."""

    events: list[LakeEvent]

    @property
    def day(self) -> date:
        day: date = self.events[0]["day"]
        return day

    @property
    def id(self) -> str:
        return f"{self.day:%Y%m%d}-{self.events[0]['id']}"

    @property
    def user(self) -> str | None:
        users = {event["user_id"] for event in self.events} - {None}
        return users.pop() if len(users) == 1 else None

    @property
    def seconds(self) -> int:
        return int(self.events[-1]["at_ms"] - self.events[0]["at_ms"]) // 1000

    @property
    def is_bounce(self) -> bool:
        return sum(event["type"] in OPENING for event in self.events) == 1

    @property
    def summary(self) -> tuple[Any, ...]:
        paths = [event["path"] for event in self.events if event["type"] == "page_view"]
        return (
            self.id,
            self.user,
            len(self.events),
            len(paths),
            self.seconds,
            self.is_bounce,
            paths[0] if paths else None,
            paths[-1] if paths else None,
        )


@dataclass
class Recount:
    """The numbers by day."""

    traffic: dict[date, dict[str, Any]] = field(default_factory=dict)
    counts: dict[date, dict[tuple[str, str], tuple[int, int]]] = field(default_factory=dict)
    features: dict[date, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    scores: dict[date, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    partners: dict[date, dict[str, tuple[Any, ...]]] = field(default_factory=dict)
    visits: dict[date, set[tuple[Any, ...]]] = field(default_factory=dict)
    views: dict[date, set[tuple[Any, ...]]] = field(default_factory=dict)


def recount(sent: Iterable[LakeEvent], counted: dict[str, str]) -> Recount:
    """Return the numbers of every day with events."""
    days = _distinct(sent)
    placed = {event["id"]: visit for visit in _visits(days) for event in visit.events}
    firsts = _firsts(days)
    result = Recount()
    for day, events in days.items():
        visits = {visit.id: visit for visit in placed.values() if visit.day == day}
        acts = [(event, *_person(event, placed.get(event["id"]))) for event in events if event["type"] != "bot"]
        result.traffic[day] = _traffic(day, events, acts, list(visits.values()), firsts)
        result.counts[day] = _counts(acts, counted)
        result.features[day] = _features(day, acts, firsts)
        result.scores[day] = _scores(acts, list(visits.values()))
        result.partners[day] = _partners(day, days)
        result.visits[day] = {visit.summary for visit in visits.values()}
        result.views[day] = {_view(event, placed.get(event["id"])) for event in events if event["type"] == "page_view"}
    return result


def _distinct(sent: Iterable[LakeEvent]) -> dict[date, list[LakeEvent]]:
    """Return the events that count, by day: the highest version, the first received; on two days the earlier."""
    best: dict[tuple[str, date], LakeEvent] = {}
    for event in sent:
        key = event["id"], event["day"]
        if key not in best or (-event["version"], event["received_ms"]) < (
            -best[key]["version"],
            best[key]["received_ms"],
        ):
            best[key] = event
    days: dict[date, list[LakeEvent]] = defaultdict(list)
    for (event_id, day), event in best.items():
        if event["type"] == "bot" or (event_id, day - timedelta(days=1)) not in best:
            days[day].append(event)
    return dict(days)


def _visits(days: dict[date, list[LakeEvent]]) -> list[Visit]:
    events = [event for of_day in days.values() for event in of_day if event["type"] != "bot"]
    former = {event["visitor"]: event["visitor_before"] for event in events if event["visitor_before"]}
    by_key: dict[tuple[str, str], list[LakeEvent]] = defaultdict(list)
    for event in events:
        key = _key(event, former)
        if key:
            by_key[event["time_zone"], key].append(event)
    chains: list[list[LakeEvent]] = []
    for (zone, _), of_key in by_key.items():
        of_key.sort(key=lambda event: (event["at_ms"], event["id"]))
        filled = {day for day in {event["day"] for event in of_key} if _is_filled(of_key, day, zone)}
        last: LakeEvent | None = None
        for event in of_key:
            is_over_midnight = (
                last is not None and last["day"] != event["day"] and bool({last["day"], event["day"]} & filled)
            )
            if last is None or event["at_ms"] - last["at_ms"] > GAP or is_over_midnight:
                chains.append([])
            chains[-1].append(event)
            last = event
    return [Visit(chain) for chain in chains if any(event["type"] in OPENING for event in chain)]


def _key(event: LakeEvent, former: dict[str, str]) -> str | None:
    if event["session_id"]:
        return f"session {event['session_id']}"
    visitor = event["visitor"]
    while visitor in former:
        visitor = former[visitor]
    return f"visitor {visitor}" if visitor else event["user_id"] and f"user {event['user_id']}"


def _is_filled(of_key: list[LakeEvent], day: date, zone: str) -> bool:
    times = [event["at_ms"] for event in of_key if event["day"] == day]
    start, end = day_bounds(day, zone)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return times[0] - start <= GAP and end - times[-1] <= GAP and all(gap <= GAP for gap in gaps)


def _person(event: LakeEvent, visit: Visit | None) -> tuple[str | None, str | None]:
    user = event["user_id"] or (visit.user if visit else None)
    visitor, session = event["visitor"], event["session_id"]
    return user, (user and f"u{user}") or (visitor and f"v{visitor}") or (session and f"s{session}")


def _firsts(days: dict[date, list[LakeEvent]]) -> dict[tuple[str, str], date]:
    firsts: dict[tuple[str, str], date] = {}
    for day, events in days.items():
        for event in events:
            if event["user_id"] and event["type"] in OPENING:
                key = event["name"], event["user_id"]
                firsts[key] = min(day, firsts.get(key, day))
    return firsts


Act = tuple[LakeEvent, str | None, str | None]


def _traffic(
    day: date, events: list[LakeEvent], acts: list[Act], visits: list[Visit], firsts: dict[tuple[str, str], date]
) -> dict[str, Any]:
    first_days: dict[str, date] = {}
    for (_, user), first in firsts.items():
        first_days[user] = min(first, first_days.get(user, first))
    bounces = sum(visit.is_bounce for visit in visits)
    rate = (Decimal(bounces) / len(visits)).quantize(Decimal("0.0001"), ROUND_HALF_UP) if visits else None
    return {
        "visitors": len({person for event, _, person in acts if event["type"] in OPENING} - {None}),
        "visits": len(visits),
        "page_views": sum(event["type"] == "page_view" for event, *_ in acts),
        "events": sum(event["type"] != "page_leave" for event, *_ in acts),
        "bounces": bounces,
        "bounce_rate": rate,
        "duration_seconds": sum(visit.seconds for visit in visits),
        "active_users": len({user for event, user, _ in acts if event["type"] in OPENING} - {None}),
        "new_users": sum(first == day for first in first_days.values()),
        "bots": sum(event["type"] == "bot" for event in events),
    }


def _counts(acts: list[Act], counted: dict[str, str]) -> dict[tuple[str, str], tuple[int, int]]:
    persons: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    for event, _, person in acts:
        if event["type"] != "page_leave":
            data = json.loads(event["data"]) if event["data"] else {}
            value = data.get(counted.get(event["name"], ""), "")
            persons[event["name"], str(value)].append(person)
    return {key: (len(people), len(set(people) - {None})) for key, people in persons.items()}


def _features(day: date, acts: list[Act], firsts: dict[tuple[str, str], date]) -> dict[str, tuple[int, ...]]:
    used: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        if act[0]["type"] == "feature_usage":
            used[act[0]["name"]].append(act)
    result: dict[str, tuple[int, ...]] = {}
    for name, of_name in used.items():
        data = [json.loads(event["data"]) if event["data"] else {} for event, *_ in of_name]
        actions = [each.get("action", "used") for each in data]
        ratings = [
            each["rating"] for each in data if each.get("action") == "rated" and each.get("rating") in (1, 2, 3, 4, 5)
        ]
        sent_users = {event["user_id"] for event, *_ in of_name} - {None}
        result[name] = (
            len({user for _, user, _ in of_name} - {None}),
            sum(firsts[name, user] == day for user in sent_users),
            actions.count("used") + actions.count("started"),
            sum(int(each.get("duration_seconds", 0)) for each in data),
            actions.count("started"),
            actions.count("completed"),
            sum(ratings),
            len(ratings),
        )
    return result


def _scores(acts: list[Act], visits: list[Visit]) -> dict[str, tuple[int, ...]]:
    result: dict[str, tuple[int, ...]] = {}
    for user in sorted({user for _, user, _ in acts if user}):
        own = [event for event, actor, _ in acts if actor == user]
        names = [event["name"] for event in own]
        checkins, messages = names.count("checkin_submitted"), names.count("message_logged")
        activities = names.count("activity_created") + names.count("activity_completed")
        features = len({event["name"] for event in own if event["type"] == "feature_usage"})
        seconds = sum(visit.seconds for visit in visits if visit.user == user)
        one = Decimal(1)
        score = (
            40 * min(one, Decimal(checkins))
            + 20 * min(one, Decimal(activities))
            + 15 * min(one, Decimal(messages) / 5)
            + 15 * min(one, Decimal(features) / 5)
            + 10 * min(one, Decimal(seconds) / 600)
        ).quantize(one, ROUND_HALF_UP)
        result[user] = (checkins, activities, messages, features, seconds, int(score))
    return result


def _partners(day: date, days: dict[date, list[LakeEvent]]) -> dict[str, tuple[Any, ...]]:
    bookings: dict[str, list[tuple[LakeEvent, dict[str, Any]]]] = defaultdict(list)
    for event in sorted(days[day], key=lambda event: (event["at_ms"], event["id"])):
        if event["name"] == "booking":
            data = json.loads(event["data"])
            bookings[data["partner"]].append((event, data))
    return {partner: _partner(partner, of_partner, day, days) for partner, of_partner in bookings.items()}


def _partner(
    partner: str, bookings: list[tuple[LakeEvent, dict[str, Any]]], day: date, days: dict[date, list[LakeEvent]]
) -> tuple[Any, ...]:
    users = {
        event["user_id"]
        for before, events in days.items()
        for event in events
        if before < day and event["name"] == "booking" and json.loads(event["data"])["partner"] == partner
    } - {None}
    valid, repeat_count = [], 0
    for event, data in bookings:
        if data["status"] != "cancelled":
            valid.append((event, data))
            repeat_count += event["user_id"] in users
        users |= {event["user_id"]} - {None}
    currencies = Counter(event["currency"] for event, _ in valid if event["currency"])
    currency = min(currencies, key=lambda name: (-currencies[name], name), default=None)
    paid = [(event, data) for event, data in valid if currency and event["currency"] == currency]
    ratings = [data["rating"] for _, data in bookings if "rating" in data]
    return (
        len(valid),
        repeat_count,
        len(bookings) - len(valid),
        sum(event["value"] or 0 for event, _ in paid),
        sum(Decimal(data.get("commission", 0)) for _, data in paid),
        currency,
        sum(ratings),
        len(ratings),
    )


def _view(event: LakeEvent, visit: Visit | None) -> tuple[Any, ...]:
    if visit is None:
        return event["id"], None, event["user_id"], None, False
    after = visit.events[visit.events.index(event) + 1 :]
    ends = [later["at_ms"] for later in after if later["type"] in ("page_view", "page_leave")]
    seconds = (ends[0] - event["at_ms"]) // 1000 if ends else None
    return event["id"], visit.id, event["user_id"] or visit.user, seconds, visit.is_bounce
