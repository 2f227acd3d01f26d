"""Backups of stores in tests: requested as their owner does, and read back from the zip."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import httpx

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
    return zipfile.ZipFile(io.BytesIO(httpx.get(url).content))


def rows_of(backup: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table's file as texts by column."""
    return list(csv.DictReader(io.StringIO(backup.read(f"{table}.csv").decode(), newline="")))
