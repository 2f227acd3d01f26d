"""The Supabase sandbox: Management API, pooler, and control routes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from infra.local.databases.address import DatabaseServer
from infra.sandbox.control import answering
from infra.sandbox.faults import Faults
from infra.sandbox.server import Json, Route, SandboxServer
from infra.sandbox.state import State
from infra.sandbox.supabase.databases import drop_database
from infra.sandbox.supabase.management import REFUSALS, Management
from infra.sandbox.supabase.pooler import Pooler

SANDBOX_ACCESS_TOKEN = "sbp_sandbox_of_no_real_account"
SANDBOX_ORGANIZATIONS = {"sandboxorganization1": "Sandbox", "sandboxorganization2": "Second Sandbox"}
"""Names by slug."""
Fault = Literal["throttled", "lost_answer"]
EMPTY: Json = {"organizations": SANDBOX_ORGANIZATIONS, "quotas": {}, "coming_up_polls": 2, "projects": {}}


class SupabaseSandbox(SandboxServer):
    """The Supabase sandbox. A project is a database of `server`, reached by the pooler, which relays to `behind_pooler`.

    Both return the address of a running server and may start it. Raises `OSError` if a port is in use.
    """

    def __init__(
        self,
        server: Callable[[], DatabaseServer],
        behind_pooler: Callable[[], DatabaseServer],
        port: int = 0,
        pooler_port: int = 0,
        *,
        state_file: Path | None = None,
    ) -> None:
        self.access_token = SANDBOX_ACCESS_TOKEN
        self.server = server
        self.state = State(state_file, EMPTY)
        self.faults: Faults[Fault] = Faults()
        self.reset_seconds = 1
        """The value of the header X-RateLimit-Reset of throttled calls."""
        self.pooler = Pooler(behind_pooler, self._is_up, pooler_port)
        controls = {
            "coming-up": lambda body: self.come_up_after(int(body["polls"])),
            "throttle": lambda body: self.throttle(int(body["calls"]), int(body["reset_seconds"])),
            "quota": lambda body: self.refuse_projects(body["organization"], body["reason"]),
            "lose-answers": lambda body: self.lose_answers(int(body["calls"])),
        }
        control_routes = [
            Route("POST", f"/sandbox/{name}", answering(_silently(action))) for name, action in controls.items()
        ]
        control_routes.append(Route("GET", "/sandbox/health", answering(lambda _: {"status": "ok"})))
        super().__init__(port, [*control_routes, *Management(self).routes])

    def come_up_after(self, polls: int) -> None:
        """Show the next projects as COMING_UP to so many polls; until then they accept no login."""
        with self.state.change() as data:
            data["coming_up_polls"] = polls

    def throttle(self, calls: int, reset_seconds: int = 1) -> None:
        """Answer the next calls with 429."""
        self.reset_seconds = reset_seconds
        self.faults.arrange("throttled", calls)

    def refuse_projects(self, organization: str, reason: Literal["free_projects", "payment"] | None) -> None:
        """Refuse new projects of the organization because of a quota; None ends it. Raises ValueError for others."""
        if reason is not None and reason not in REFUSALS:
            raise ValueError(f"reason must be one of {', '.join(REFUSALS)}")
        with self.state.change() as data:
            data["quotas"].pop(organization, None)
            if reason is not None:
                data["quotas"][organization] = reason

    def lose_answers(self, calls: int) -> None:
        """Carry the next changes out, but close the connection instead of an answer."""
        self.faults.arrange("lost_answer", calls)

    def reset(self) -> None:
        """End all faults and drop all projects with their databases."""
        for project in self.projects():
            drop_database(self.server(), project["ref"])
        self.state.restore(EMPTY)
        self.faults = Faults()

    def projects(self) -> list[Json]:
        """Return the projects that exist, the oldest first."""
        return list(self.state.read("projects").values())

    def start(self) -> Self:
        """Start the API and the pooler."""
        self.pooler.start()
        return super().start()

    def stop(self) -> None:
        """Free both ports and close all connections."""
        super().stop()
        self.pooler.stop()

    def _is_up(self, ref: str) -> bool:
        project = self.state.read("projects").get(ref)
        return project is not None and not project["polls_left"]


def _silently(action: Callable[[Json], None]) -> Callable[[Json], Json]:
    def answer(body: Json) -> Json:
        action(body)
        return {}

    return answer
