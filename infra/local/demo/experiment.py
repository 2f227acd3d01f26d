"""Demo steps: an A/B test of 2,000 simulated customers finds its winner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, ids
from infra.local.demo.world import World, Wrong, eventually
from infra.local.environment import Plan
from infra.local.stack import fire

METRIC = "order_placed"
VARIANTS = ("control", "larger_button")
CUSTOMERS = 1_000
"""Of each variant."""
ORDERS_EVERY = (10, 5)
"""Of the control every tenth customer orders, of the larger button every fifth."""
MAX_EVENTS = 500
"""In one request."""


class Experiment:
    """An experiment on a site of its own. Its server sends the events with the site's secret key."""

    def __init__(self, world: World, plan: Plan) -> None:
        from chalicelib.kit import auth

        self.world, self.plan, self.tenant = world, plan, f"store:demo-{ids.new()}"
        self.operator = auth.mint(auth.Role.OPERATOR, "demo")
        self.test_id = self.secret = ""

    @property
    def path(self) -> str:
        return f"/v1/analytics/sites/{self.tenant}/experiments"

    def begin(self) -> str:
        """Create a site and an experiment with two equal halves, and start it."""
        site = {"tenant": self.tenant, "name": "Demo experiment"}
        self.secret = self._request("/v1/operator/analytics/sites", site, expect=201)["secret"]
        variants = [{"variant": variant, "weight": 5_000} for variant in VARIANTS]
        body = {"name": "Larger button", "metric": METRIC, "variants": variants}
        self.test_id = self._request(self.path, body, expect=201)["test_id"]
        self._act("start")
        return f"{' against '.join(VARIANTS)}, measured by {METRIC}"

    def send_events(self) -> str:
        """Send what the customers see and order, then run the schedule until all of it is counted."""
        customers = self._customers()
        exposures = [
            _event("system", "experiment_exposed", customer, {"test": self.test_id, "position": position})
            for position, group in enumerate(customers)
            for customer in group
        ]
        orders = [
            _event("conversion", METRIC, customer, {})
            for group, every in zip(customers, ORDERS_EVERY, strict=True)
            for customer in group[::every]
        ]
        self._send(exposures + orders)
        eventually(lambda: self._is_counted(len(exposures) + len(orders)), "the experiment's events counted")
        return f"{len(exposures):,} customers, {len(orders)} orders"

    def find_winner(self) -> str:
        """Stop the experiment and wait for its result. Raises Wrong unless the better variant wins."""
        self._act("stop")
        result = eventually(self._result, "the experiment's result")
        rates = [each["conversion_rate"] for each in result["variants"]]
        if result["winner"] != VARIANTS[1] or rates != [1 / every for every in ORDERS_EVERY]:
            raise Wrong(f"the winner is {result['winner']}, the rates are {rates}")
        return (
            f"{result['winner']} with {rates[1]:.0%} against {rates[0]:.0%}, {result['confidence_level']} % confident"
        )

    def _customers(self) -> list[list[str]]:
        """Return the first CUSTOMERS customers that are assigned to each variant."""
        from chalicelib.analytics import service

        groups: dict[str | None, list[str]] = {variant: [] for variant in VARIANTS}
        number = 0
        while any(len(group) < CUSTOMERS for group in groups.values()):
            number += 1
            customer = f"customer-{number}"
            group = groups[service.assign(self.tenant, self.test_id, customer)]
            if len(group) < CUSTOMERS:
                group.append(customer)
        return list(groups.values())

    def _send(self, events: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(events), MAX_EVENTS):
            chunk = events[start : start + MAX_EVENTS]
            body = {"events": chunk}
            answer = self.world.bearer(self.secret, "POST", "/v1/analytics/events", body, expect=202)
            if answer["accepted"] != len(chunk):
                raise Wrong(f"the collection refused {answer['rejected'][:3]}")

    def _is_counted(self, count: int) -> bool:
        """Return whether the days have `count` events; if a day is due, run the schedule of due days."""
        from chalicelib.analytics.models import EventDay

        days = list(EventDay.query(self.tenant))
        if any(day.due_at and day.due_at <= clock.now() for day in days):
            fire(self.plan, "analytics-roll_up_days")
        return sum(day.event_count for day in days) == count

    def _result(self) -> Any:
        """Return the result, or None while it is not computed from all exposures."""
        read = self.world.bearer(self.operator, "GET", f"{self.path}/{self.test_id}")
        ended_at, computed_at = (
            read[name] and datetime.fromisoformat(read[name]) for name in ("ended_at", "computed_at")
        )
        if computed_at is None or computed_at < ended_at:  # the variants are read later, and may be newer
            return None
        return read if sum(each["exposures"] for each in read["variants"]) == CUSTOMERS * len(VARIANTS) else None

    def _act(self, action: str) -> None:
        self._request(f"{self.path}/{self.test_id}", {"action": action}, expect=200)

    def _request(self, path: str, body: dict[str, Any], expect: int) -> Any:
        return self.world.bearer(self.operator, "POST", path, body, expect)


def _event(kind: str, name: str, customer: str, data: dict[str, Any]) -> dict[str, Any]:
    now = clock.iso(clock.now())
    return {"id": ids.new(), "type": kind, "name": name, "at": now, "user_id": customer, "data": data}
