"""Demo steps: two people sign up, pair, check in, share credits, and end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx2

from infra.local.demo.person import Person
from infra.local.demo.world import World, Wrong, eventually
from infra.local.environment import Plan


class Member(Person):
    """A member of the couples app."""

    base = "/v1/together"
    sign_up_fields: ClassVar[dict[str, Any]] = {"timezone": "Europe/Berlin", "is_adult": True}

    def partner_name(self) -> str | None:
        """Return the partner's name as this member sees it; None while they are alone."""
        partner = self.request("GET", "relationship")["partner"]
        return partner["display_name"] if partner else None

    def partner_notes(self) -> list[str]:
        """Return what this member reads of the partner's check-ins of the last seven days."""
        checkins = self.request("GET", "dashboard")["checkins"]
        return [each["gratitude_note"] for each in checkins if not each["is_mine"] and each["gratitude_note"]]

    def credits(self) -> int:
        """Return the balance of credits that this member sees."""
        return int(self.world.bearer(self.token, "GET", "/v1/billing/credits")["balance"])


class Couple:
    """Two members from sign-up to the end of their relationship."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.mailbox = httpx2.Client(base_url=plan.mailbox_url)
        self.ada, self.ben = Member(world, self.mailbox, "Ada"), Member(world, self.mailbox, "Ben")
        self.joint = ""

    def sign_up(self) -> str:
        """Sign both up, one of them twice. The second mail voids the link of the first."""
        for person in (self.ada, self.ben, self.ben):
            person.sign_up()
        return "202 for each, also for the address that was signed up twice"

    def verify(self) -> str:
        """Verify both from the mailbox and sign them in. Raises Wrong if either has a partner already."""
        for person in (self.ada, self.ben):
            person.verify()
        if names := [person.partner_name() for person in (self.ada, self.ben) if person.partner_name()]:
            raise Wrong(f"a new member has the partner {names}")
        return "two mails, two sessions; each sees a space of their own"

    def pair(self) -> str:
        """Let Ada invite and Ben accept, twice. Raises Wrong if they do not see each other."""
        code = self.ada.request("POST", "invitations", {}, expect=201)["code"]
        inviter = self.ben.request("GET", f"invitations/{code}")["inviter"]
        for _ in range(2):
            self.ben.request("POST", f"invitations/{code}", {})
        names = (self.ada.partner_name(), self.ben.partner_name())
        if names != ("Ben", "Ada"):
            raise Wrong(f"the partners see {names}")
        self.joint = self.ada.request("GET", "relationship")["id"]
        return f"Ben read the invitation of {inviter} and accepted it twice; Ada sees Ben, Ben sees Ada"

    def check_in(self) -> str:
        """Let both check in; Ben late and twice. Raises Wrong if a late copy changes what stands, or a streak is wrong."""
        today = self.ada.request("GET", "dashboard")["me"]["today"]
        scores = {"connection_score": 8, "mood_score": 7, "relationship_satisfaction": 9}
        self.ada.request("PUT", f"checkins/{today}", scores | {"gratitude_note": "The walk by the river"})
        if early := self.ben.partner_notes():
            raise Wrong(f"Ben reads Ada's check-in before his own: {early}")
        recorded = datetime.now(UTC)
        for seconds, score in ((0, 6), (0, 6), (30, 1)):
            late = {"recorded_at": (recorded - timedelta(seconds=seconds)).isoformat(), "mood_score": score}
            answer = self.ben.request("PUT", f"checkins/{today}", scores | late)
        if answer["checkin"]["mood_score"] != 6:
            raise Wrong(f"an older copy replaced the check-in: {answer}")

        def streaks() -> Any:
            couples = [person.request("GET", "relationship")["streak"]["current"] for person in (self.ada, self.ben)]
            return couples == [1, 1]

        eventually(streaks, "a couple's streak of one day for both")
        notes = self.ben.partner_notes()
        return f"Ben's older copy changed nothing; both see a streak of 1 day, Ben reads “{notes[0]}”"

    def spend(self) -> str:
        """Spend a credit on date ideas. Raises Wrong if they are not made or the partners see different balances."""
        before = self.ada.credits()
        idea = self.ada.request("POST", "ideas", {"kind": "date_idea", "mood": "playful"}, expect=202)

        def completed() -> Any:
            read = self.ada.request("GET", f"ideas/{idea['id']}")
            return read["answers"] if read["status"] == "completed" else None

        answers = eventually(completed, "three date ideas")
        balances = [person.credits() for person in (self.ada, self.ben)]
        if balances != [before - 1] * 2:
            raise Wrong(f"the balances are {balances} after {before}")
        return f"“{answers[0]['title']}” and two more for 1 credit; both see {balances[0]} credits"

    def end(self) -> str:
        """Let Ben end the relationship. Raises Wrong if either still sees the other, or Ben keeps Ada's credits."""
        credits = self.ada.credits()
        self.ben.request("PATCH", "relationship", {"status": "ended"})
        if names := [person.partner_name() for person in (self.ada, self.ben) if person.partner_name()]:
            raise Wrong(f"after the end a partner is seen: {names}")
        old = self.ben.request("GET", f"checkins?relationship={self.joint}")["items"]
        if not all(item["is_mine"] for item in old):
            raise Wrong(f"Ben still reads Ada's check-ins: {old}")
        begun = time.monotonic()
        eventually(lambda: [self.ada.credits(), self.ben.credits()] == [credits, 0], "the credits with their payer")
        return (
            f"at once; Ada has her {credits} credits again ({time.monotonic() - begun:.1f} s), Ben reads only his own"
        )
