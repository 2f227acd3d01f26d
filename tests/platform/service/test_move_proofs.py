"""The parts of a move's proof: joined line by line, and never replaced by a worker that lost its job."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.legacy_rows import RejectedRow
from chalicelib.platform.domain.move_ranges import MovePosition
from chalicelib.platform.enums import JobKind
from chalicelib.platform.models import Store
from chalicelib.platform.repository import provisioning_jobs
from chalicelib.platform.repository.provisioning_jobs import LeaseLost
from chalicelib.platform.service import job_reports
from chalicelib.platform.service.database_jobs import new_job
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves import proofs
from chalicelib.platform.service.moves.passes import Pass
from chalicelib.platform.service.moves.proofs import ProofWriter, write_proof
from chalicelib.platform.service.moves.ranges import ReconciledRange
from tests.platform.stores import new_store

COMPARED = "compared"


@pytest.fixture
def run(api: httpx2.Client) -> JobRun:
    """The run of a leased move in its comparison."""
    store: Store = new_store()
    job = new_job(store.id, ids.new(), JobKind.MOVE, "tests", step="compare")
    job.save()
    leased = provisioning_jobs.acquire_lease(job.id)
    assert leased is not None
    return JobRun.start(leased, store)


def done(rows: int, *rejected: str) -> ReconciledRange:
    return ReconciledRange(
        None, rows, "ab", is_repaired=False, rejected=tuple(RejectedRow("products", key, "no") for key in rejected)
    )


def test_parts_and_rejections_are_joined_separately(run: JobRun) -> None:
    proof = ProofWriter(run)
    work = Pass(run, COMPARED, proof.write_part)
    for number in range(15):
        table = f"t{number}"
        proof.add(table, None, done(number, *[f"{number}-{each}" for each in range(number)]))
        work.position = work.position.passed(None, number, is_repaired=False)
        work.write_position()
    assert (work.position.parts, work.position.rejected_parts) == (15, 14)
    read = [storage.get(proofs._part(run.job, "proof", number)) for number in range(15)]
    assert [json.loads(part)["table"] for part in read] == [f"t{number}" for number in range(15)]
    write_proof(run, work)
    report = job_reports.load_report(run.job)
    assert report["rejected_count"] == sum(range(15))
    assert [row["key"] for row in report["rejected"]][:3] == ["1-0", "2-0", "2-1"]
    assert len(report["rejected"]) == proofs.SHOWN_REJECTIONS
    assert {each["table"]: each["rows"] for each in report["proof"]["tables"]} == {f"t{n}": n for n in range(15)}
    assert storage.get(report["proof"]["file_url"]) == b"".join(read)
    assert len(storage.get(report["proof"]["rejected_file_url"]).splitlines()) == sum(range(15))
    assert storage.size(proofs._part(run.job, "proof", 0)) is None
    assert storage.size(proofs._part(run.job, "rejected", 0)) is None


def test_a_worker_without_its_lease_replaces_no_part(run: JobRun) -> None:
    url = proofs._part(run.job, "proof", 0)
    storage.put(url, b"of the worker that has the job", "application/x-ndjson")
    proof = ProofWriter(run)
    proof.add("products", None, done(1))
    run.job.lease_until = clock.now() - timedelta(seconds=1)
    with pytest.raises(LeaseLost):
        proof.write_part(MovePosition())
    assert storage.get(url) == b"of the worker that has the job"
