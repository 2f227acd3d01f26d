"""Backups of stores in tests: requested as their owner does, and read back from the zip."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx2

from chalicelib.integrations import storage
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.store_database.tables import TABLES
from tests.platform.provisioning import OwnerApi, run_to_end

NAMES = [table.name for table in TABLES]


def back_up(owner: OwnerApi) -> ProvisioningJob:
    """Request a backup and run its job to the end."""
    answer = owner.post("backups")
    assert answer.status_code == 202, answer.text
    job = run_to_end(answer.json()["job_id"])
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    return job


def download(owner: OwnerApi) -> zipfile.ZipFile:
    """Return the newest backup, through its link."""
    url = owner.get("backups")["items"][0]["url"]
    return zipfile.ZipFile(io.BytesIO(httpx2.get(url).content))


def rows_of(backup: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table's file as texts by column."""
    return list(csv.DictReader(io.StringIO(backup.read(f"{table}.csv").decode(), newline="")))


def forgive(job_id: str) -> None:
    """Let a job forget its crashes: a test kills more workers than a job without progress survives."""
    ProvisioningJob(job_id).update([ProvisioningJob.attempts.set(1)])


def rewrite(job: ProvisioningJob, change: Callable[[dict[str, bytes]], None], *, is_recorded: bool = True) -> None:
    """Replace a backup by one with changed files; its job then records the new digest, unless it is not to."""
    facts = job.report["backup"]
    with zipfile.ZipFile(io.BytesIO(storage.get(facts["stored_at"]))) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in files.items():
            new.writestr(name, data)
    put_content(job, content.getvalue(), is_recorded=is_recorded)


def put_content(job: ProvisioningJob, content: bytes, *, is_recorded: bool = True) -> None:
    """Replace the bytes of a backup; its job then records their digest, unless it is not to."""
    facts = job.report["backup"]
    storage.put(facts["stored_at"], content, "application/zip")
    if is_recorded:
        recorded = {"byte_size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        job.update([ProvisioningJob.report.set({"backup": {**facts, **recorded}})])


def change_manifest(files: dict[str, bytes], **members: Any) -> None:
    """Change the manifest; a member that is a function is called with the old value."""
    manifest = json.loads(files["manifest.json"])
    for name, value in members.items():
        manifest[name] = value(manifest[name]) if callable(value) else value
    files["manifest.json"] = json.dumps(manifest).encode()


def renew_digest(files: dict[str, bytes], table: str) -> None:
    """Make the manifest name the present digest of a table's file."""
    digest = hashlib.sha256(files[f"{table}.csv"]).hexdigest()
    change_manifest(files, tables=lambda tables: {**tables, table: {**tables[table], "sha256": digest}})
