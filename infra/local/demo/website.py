"""Demo steps: a page of the shop's website with the analytics snippet is opened, and its visit is counted once."""

from __future__ import annotations

import json
from datetime import date, datetime

import httpx2

from infra.local import chromium
from infra.local.demo.world import SECONDS, World, Wrong, eventually
from infra.local.environment import Plan
from infra.local.stack import fire
from infra.sandbox.website import WebsiteSandbox

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""Chromium without a screen calls itself a bot."""
COPIES = 5


class Website:
    """A shop's website of another origin, registered as a site of analytics."""

    def __init__(self, world: World, plan: Plan, shop: str) -> None:
        self.world, self.plan, self.tenant = world, plan, f"shop:{shop}:studio"
        self.origin = ""
        self.bodies: list[str] = []

    def open_page(self) -> str:
        """Register the site and open a page: in Chromium, or with the requests that the snippet makes."""
        from chalicelib.analytics import service

        with WebsiteSandbox(self.plan.api_url, "") as server:
            self.origin = server.url
            server.key = service.register_site(self.tenant, "Demo", origins=[self.origin])
            url = f"{self.origin}/pages/portraits?utm_source=newsletter"
            if chromium.is_here:
                self._open_in_chromium(url)
            else:
                self._open_without_browser(url, server.key)
        return f"a page view by {'Chromium' if chromium.is_here else 'the requests of the snippet'}"

    def count_visit(self) -> str:
        """Wait until the ingest has stored the event, then run the schedule. Raises Wrong unless it is one visit."""
        self._roll_up(after=None)
        return f"{self._numbers()} on {self._day()}"

    def send_again(self) -> str:
        """Send the same events again, five times. Raises Wrong if a number changes."""
        before, computed_at = self._numbers(), self._computed_at()
        for body in self.bodies * COPIES:
            self._post(body)
        self._roll_up(after=computed_at)
        if self._numbers() != before:
            raise Wrong(f"{before} became {self._numbers()}")
        return f"still {before}"

    def _open_in_chromium(self, url: str) -> None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.executable, args=["--no-sandbox"])
            context = browser.new_context(user_agent=USER_AGENT)
            context.add_init_script("delete Navigator.prototype.sendBeacon")  # the body of a beacon cannot be read
            page = context.new_page()
            with page.expect_response("**/v1/analytics/events", timeout=SECONDS * 1000) as answer:
                page.goto(url)
            self.bodies = [answer.value.request.post_data or ""]
            browser.close()

    def _open_without_browser(self, url: str, key: str) -> None:
        from chalicelib.kit import clock, ids

        httpx2.get(url).raise_for_status()
        httpx2.get(f"{self.plan.api_url}/analytics/snippet.js", timeout=SECONDS).raise_for_status()
        now, path = clock.iso(clock.now()), httpx2.URL(url).raw_path.decode()
        view = {"id": ids.new(), "type": "page_view", "name": "page_view", "at": now, "path": path}
        self.bodies = [json.dumps({"key": key, "sent_at": now, "events": [view]})]
        self._post(self.bodies[0])

    def _post(self, body: str) -> None:
        headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": self.origin, "User-Agent": USER_AGENT}
        answer = self.world.api.post("/v1/analytics/events", content=body, headers=headers)
        if answer.status_code != 202 or answer.json()["accepted"] != 1:
            raise Wrong(f"the collection returned {answer.status_code}: {answer.text[:200]}")

    def _roll_up(self, after: datetime | None) -> None:
        """Run the schedule of due days once the day is due, and wait until it is computed later than `after`."""
        from chalicelib.analytics.models import EventDay

        def is_due() -> bool:
            return any(day.oldest_part_at for day in EventDay.query(self.tenant))

        def is_computed() -> bool:
            computed_at = self._computed_at()
            return computed_at is not None and (after is None or computed_at > after) and not is_due()

        eventually(lambda: is_due() or is_computed(), "events stored in the lake")
        fire(self.plan, "analytics-roll_up_days")
        eventually(is_computed, "the day computed")

    def _computed_at(self) -> datetime | None:
        from chalicelib.analytics.models import EventDay

        return next((day.computed_at for day in EventDay.query(self.tenant)), None)

    def _day(self) -> date:
        from chalicelib.analytics.models import EventDay

        [day] = EventDay.query(self.tenant)
        return day.day

    def _numbers(self) -> str:
        """Return visits and page views of the day. Raises Wrong unless there is one of each."""
        from chalicelib.analytics import service

        day = self._day()
        views = service.daily_counts(self.tenant, "page_view", day, day).get(day, {})
        visits, count = service.count_sessions(self.tenant, day), sum(each["count"] for each in views.values())
        if (visits, count) != (1, 1):
            raise Wrong(f"there are {visits} visits with {count} page views")
        return "1 visit with 1 page view"
