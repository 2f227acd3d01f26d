"""Moves under writes, whose workers are killed (SIGKILL) again and again: both sides are equal, no change is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx2
import pytest

from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs, store_ranges
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.moves import ranges
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.killed_worker import killed_worker
from tests.platform.moved_stores import provisioned, server_of
from tests.platform.moves import begin_move, content_at, end_pause, run_move_to_end, run_until
from tests.platform.provisioning import end_lease
from tests.platform.store_databases import DataClient, data_client


def tag_of(row: dict[str, Any]) -> str:
    """Return the ETag of a row."""
    return f'"{row["version"]}"'


def write_until_paused(client: DataClient, writer: int, stopped: Event) -> dict[str, dict[str, Any] | None]:
    """Add, change and delete categories until the store is paused. Returns the last acknowledged row of each, by id."""
    known: dict[str, dict[str, Any] | None] = {}
    for number in range(10_000):
        if stopped.is_set():
            return known
        added = client.call("POST", "categories", {"name": "C", "slug": f"w-{writer}-{number}"})
        if added.status_code == 503:
            return known
        assert added.status_code == 201, added.text
        known[added.json()["id"]] = added.json()
        for each in list(known)[-6::3]:
            row = known[each]
            if row is None:
                continue
            if number % 3:
                changes = {
                    "sort_order": number,
                    "parent_id": added.json()["id"] if each != added.json()["id"] else None,
                }
                answer = client.call("PATCH", f"categories/{each}", changes, If_Match=tag_of(row))
                if answer.status_code == 503:
                    return known
                assert answer.status_code == 200, answer.text
                known[each] = answer.json()
            else:
                answer = client.call("DELETE", f"categories/{each}", If_Match=tag_of(row))
                if answer.status_code == 503:
                    return known
                assert answer.status_code == 204, answer.text
                known[each] = None
    return known


@pytest.mark.parametrize(("source", "target"), [("shared", "mysql"), ("mysql", "postgresql")])
def test_a_move_under_writes_whose_workers_are_killed_loses_nothing(
    source: str, target: str, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    owner = provisioned(api, server_of(source, request))
    store = Store.get(owner.store.id)
    old_place = integration_configs.load_place(store)
    client, stopped = data_client(api, store), Event()
    job_id = begin_move(owner, server_of(target, request).body)
    nth, kills = 5, 0
    with ThreadPoolExecutor(2) as pool, killed_worker() as worker:
        writers = [pool.submit(write_until_paused, client, number, stopped) for number in range(2)]
        try:
            while (job := ProvisioningJob.get(job_id, consistent_read=True)).unfinished == "running":
                end_pause(job_id)
                was_killed = worker.run(store.id, job_id, nth)
                kills += was_killed
                job = ProvisioningJob.get(job_id, consistent_read=True)
                if was_killed and job.lease_holder is not None:
                    run_job(JobDue(store_id=store.id, job_id=job_id))  # the message, delivered again
                    assert ProvisioningJob.get(job_id, consistent_read=True).fence == job.fence
                    end_lease(job_id)
                nth += 23
        finally:
            stopped.set()
        acknowledged = [writer.result() for writer in writers]
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    assert kills > 5
    content = content_at(integration_configs.load_place(Store.get(store.id)))
    assert content == content_at(old_place)
    present = {row["id"]: row for row in content["categories"]}
    for rows in acknowledged:
        for each, row in rows.items():
            assert (each in present) == (row is not None)
            assert row is None or present[each]["version"] == row["version"] or present[each]["parent_id"] is None


def test_the_comparison_repairs_what_changed_after_the_copy(
    api: httpx2.Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE_ROWS", 2)
    owner = provisioned(api, server_of("shared", request), 5)
    store = Store.get(owner.store.id)
    client = data_client(api, store)
    job_id = begin_move(owner, server_of("mysql", request).body)
    run_until(job_id, "freeze")
    first, second, third = client.list("products")[:3]
    assert client.call("DELETE", f"products/{third['id']}", If_Match=tag_of(third)).status_code == 204
    for product, slug, version in ((first, "passing", 7), (second, first["slug"], 7), (first, second["slug"], 8)):
        tag = tag_of({"version": version})
        assert client.call("PATCH", f"products/{product['id']}", {"slug": slug}, If_Match=tag).status_code == 200
    root = client.add("categories", name="Root", slug="root")
    for each in client.list("categories", limit=3):
        if each["id"] != root["id"]:
            changed = client.call("PATCH", f"categories/{each['id']}", {"parent_id": root["id"]}, If_Match=tag_of(each))
            assert changed.status_code == 200
    expected = content_at(integration_configs.load_place(Store.get(store.id)))
    job = run_move_to_end(job_id)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    assert job.report["proof"]["rounds"] > 1
    assert content_at(integration_configs.load_place(Store.get(store.id))) == expected


def test_a_move_fails_if_another_program_changes_the_source_all_the_time(
    api: httpx2.Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = server_of("postgresql", request)
    owner = provisioned(api, source, 1)
    job_id = begin_move(owner, server_of("mysql", request).body)
    run_until(job_id, "compare")
    read = store_ranges.read_range

    def change(*arguments: Any) -> Any:
        source.query("UPDATE store.categories SET sort_order = sort_order + 1")
        return read(*arguments)

    monkeypatch.setattr(store_ranges, "read_range", change)
    job = run_move_to_end(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "CopyNotEqual")
    assert Store.get(owner.store.id).database_status == "active"
