"""Demo steps: an owner's two stores get their databases; the worker of the first one is killed half way."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

import httpx2

from chalicelib.kit import clock
from infra.local.demo.person import Person
from infra.local.demo.worker_crash import kill_workers, worker_processes
from infra.local.demo.world import World, Wrong, eventually
from infra.local.environment import Plan
from infra.local.stack import fire
from infra.sandbox.supabase import SANDBOX_ACCESS_TOKEN, SANDBOX_ORGANIZATIONS

if TYPE_CHECKING:
    from chalicelib.platform.models import ProvisioningJob

REGION = "eu-central-1"
WORKER = "chalicelib.platform.jobs.provisioning.run_job"
KILL_AFTER = 4
"""Tables that the first store has when its worker is killed."""


class Owner(Person):
    """An owner of stores."""

    base = "/v1/platform"


class Stores:
    """An owner and two stores: one on the shared server, one in a Supabase project."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.world, self.plan = world, plan
        self.owner = Owner(world, httpx2.Client(base_url=plan.mailbox_url), "Olga")
        self.shared = self.supabase = ""
        self.killed_job = ""
        self.killed_at = 0.0

    def sign_in(self) -> str:
        """Sign the owner up, verify the address from the mailbox, and sign in. Raises Wrong if there is a store yet."""
        self.owner.sign_up()
        self.owner.verify()
        if items := self.owner.request("GET", "stores")["items"]:
            raise Wrong(f"a new owner has the stores {items}")
        return "verified from the mailbox; no store yet"

    def kill_worker(self) -> str:
        """Provision the first store and kill the job's worker between two tables. Raises Wrong if the job ended first."""
        self.shared = self.add_store("Tea House")
        self.killed_job = self.provision(self.shared, {"type": "shared"})
        eventually(lambda: worker_processes(self.plan, WORKER), "a worker of the job")
        eventually(lambda: self._read_killed_job().tables_created >= KILL_AFTER, "the first tables", pause=0)
        processes = kill_workers(self.plan, WORKER)
        self.killed_at = time.monotonic()
        job = self._read_killed_job()
        if not processes or job.unfinished is None:
            raise Wrong(f"the job is {job.status} and the killed workers are {processes}")
        return (
            f"kill -9 of process {processes[0]} after table {job.tables_created} of {job.total_tables}; "
            "another worker takes over when the lease ends"
        )

    def provision_supabase(self) -> str:
        """Provision the second store in a new Supabase project. Raises Wrong unless it is active."""
        self.supabase = self.add_store("Coffee House")
        organization = next(iter(SANDBOX_ORGANIZATIONS))
        body = {"type": "supabase-database", "access_token": SANDBOX_ACCESS_TOKEN, "organization": organization}
        job = self.await_job(self.supabase, self.provision(self.supabase, body | {"region": REGION}))
        store = self.read_active(self.supabase)
        return f"{job['tables_created']} tables in a new project, reached by its pooler at {store['database_host']}"

    def await_takeover(self) -> str:
        """Run the schedule that resumes jobs once the lease has ended, and wait until another worker completes the job.

        Raises Wrong unless each table is there once.
        """
        eventually(self._is_lapsed, "the end of the killed worker's lease")
        fire(self.plan, "platform-resume_jobs")
        job = self.await_job(self.shared, self.killed_job)
        took = time.monotonic() - self.killed_at
        self.read_active(self.shared)
        tables = [table["name"] for table in self.call(self.shared, "GET", "schema")["tables"]]
        if len(tables) != len(set(tables)) or len(tables) != job["total_tables"]:
            raise Wrong(f"the tables are {tables}, the job is {job}")
        leases = self._read_killed_job().fence
        return f"each of {len(tables)} tables once, by {leases} leases of one job, {took:.0f} s after the kill"

    def call(self, store: str, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Call a store's data API, at a path below `/v1/store/`, and return the response body. Raises Wrong."""
        return self.world.bearer(self.token(store), method, f"/v1/store/{path}", body, expect)

    def token(self, store: str) -> str:
        """Return a new access token of a store."""
        return str(self.owner.request("POST", f"stores/{store}/token")["access_token"])

    def add_store(self, name: str) -> str:
        """Add a store without a database and return its id."""
        slug = f"{name.lower().replace(' ', '-')}-{secrets.token_hex(4)}"
        body = {"name": name, "slug": slug, "region": REGION}
        return str(self.owner.request("POST", "stores", body, expect=201)["id"])

    def provision(self, store: str, database: dict[str, Any]) -> str:
        """Request the job that makes a store's database and return the job's id."""
        path = f"stores/{store}/provision"
        return str(self.owner.request("POST", path, {"database": database}, expect=202)["job_id"])

    def _read_killed_job(self) -> ProvisioningJob:
        from chalicelib.platform.models import ProvisioningJob

        return ProvisioningJob.get(self.killed_job, consistent_read=True)

    def _is_lapsed(self) -> bool:
        """Return whether the schedule may resume the killed job, or another worker has completed it."""
        from chalicelib.platform.domain.provisioning import OUTAGE_DELAY

        job = self._read_killed_job()
        return job.lease_until is None or job.lease_until + OUTAGE_DELAY < clock.now()

    def await_job(self, store: str, job_id: str) -> Any:
        """Wait for the end of a job and return its status. Raises Wrong unless it is completed."""

        def ended() -> Any:
            job = self.owner.request("GET", f"stores/{store}/provision/{job_id}/status")
            return job if job["status"] in ("completed", "failed", "cancelled") else None

        job = eventually(ended, "the end of the job")
        if job["status"] != "completed":
            raise Wrong(f"the job is {job}")
        return job

    def read_active(self, store: str) -> Any:
        """Return a store. Raises Wrong unless its database is active."""
        read = self.owner.request("GET", f"stores/{store}")
        if read["database_status"] != "active":
            raise Wrong(f"the store is {read}")
        return read
