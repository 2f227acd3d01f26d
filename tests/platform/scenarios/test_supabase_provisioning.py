"""Provisioning in a Supabase account whose API is slow, throttled, full, or loses answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job
from infra.sandbox.supabase import SupabaseSandbox
from tests.platform.provisioning import OwnerApi, owner_api, provision, run_to_end
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


@pytest.fixture
def owner(api: httpx2.Client, supabase_account: ServerOfTest) -> OwnerApi:
    """The owner of a store without a database."""
    return owner_api(api, new_store())


def test_a_project_that_comes_up_slowly_is_polled(
    owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.come_up_after(4)
    assert provision(owner, supabase_account.body).status is JobStatus.COMPLETED
    assert len(supabase.projects()) == 1


def test_a_project_whose_creation_was_not_answered_is_found_by_its_name(
    owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.lose_answers(1)
    assert provision(owner, supabase_account.body).status is JobStatus.COMPLETED
    assert [project["name"] for project in supabase.projects()] == [f"backroom-{owner.store.id}"]


def test_the_project_of_an_earlier_job_is_named_to_its_owner(
    owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.come_up_after(1_000)
    job_id = owner.post("provision", {"database": supabase_account.body}).json()["job_id"]
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    [project] = supabase.projects()
    owner.post(f"provision/{job_id}/cancel")
    assert run_to_end(job_id).report["left"] == [f"project {project['ref']}"]
    later = provision(owner, supabase_account.body)
    assert (later.status, later.error_code) == (JobStatus.FAILED, "SupabaseProjectUnavailable")
    assert project["ref"] in str(later.error_message)
    assert len(supabase.projects()) == 1


def test_a_throttled_call_waits_and_is_no_failed_attempt(
    owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.throttle(9)
    assert provision(owner, supabase_account.body).status is JobStatus.COMPLETED


@pytest.mark.parametrize("reason", ["free_projects", "payment"])
def test_a_quota_fails_the_job_with_the_reason(
    reason: Any, owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.refuse_projects(supabase_account.body["organization"], reason)
    job = provision(owner, supabase_account.body)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "SupabaseLimitReached")
    assert ("invoice" in str(job.error_message)) is (reason == "payment")
    supabase.refuse_projects(supabase_account.body["organization"], None)
    owner.post(f"provision/{job.id}/retry")
    run_job(JobDue(store_id=owner.store.id, job_id=job.id))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_token": "sbp_wrong"}, "InvalidSupabaseToken"),
        ({"organization": "nobody"}, "InvalidSupabaseOrganization"),
        ({"organization": None, "region": None, "project": "a" * 20, "password": "x"}, "SupabaseProjectUnavailable"),
    ],
)
def test_a_wrong_account_is_refused_by_test_and_job(
    change: dict[str, Any], code: str, owner: OwnerApi, supabase_account: ServerOfTest
) -> None:
    body = {name: value for name, value in (supabase_account.body | change).items() if value is not None}
    assert owner.post("database/test", {"database": body}).json()["code"] == code
    assert provision(owner, body).error_code == code


@pytest.mark.parametrize(
    "change",
    [
        {"region": "eu-central-1/../x"},
        {"region": "eu-central-1.example.com"},
        {"organization": "a/b"},
        {"project": "abcdefghijklmnopqrst"},
        {"organization": None, "region": None, "project": "../v1/projects", "password": "x"},
        {"organization": None},
    ],
)
def test_hostile_and_incomplete_accounts_are_refused_before_a_call(
    change: dict[str, Any], owner: OwnerApi, supabase_account: ServerOfTest
) -> None:
    body = {name: value for name, value in (supabase_account.body | change).items() if value is not None}
    answer = owner.post("provision", {"database": body})
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")


def test_a_project_that_never_comes_up_fails_after_twenty_minutes(
    owner: OwnerApi, supabase: SupabaseSandbox, supabase_account: ServerOfTest
) -> None:
    supabase.come_up_after(1_000)
    job_id = owner.post("provision", {"database": supabase_account.body}).json()["job_id"]
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    job = ProvisioningJob.get(job_id)
    assert (job.status, job.unfinished) == (JobStatus.CREATING, "running")
    earlier = clock.iso(clock.now() - timedelta(minutes=21))
    job.update([ProvisioningJob.cursor.set({**job.cursor, "requested_at": earlier})])
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).error_code == "SupabaseProjectUnavailable"


def test_the_schema_is_not_public_and_the_token_is_kept_for_the_job_only(
    owner: OwnerApi, supabase_account: ServerOfTest
) -> None:
    job = provision(owner, supabase_account.body)
    assert job.request is None
    assert set(supabase_account.comments(owner.store)) >= {"products", "orders"}
    public = supabase_account.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert public == [(0,)]
    assert Store.get(owner.store.id).database_name
