"""Reports of jobs: in the job's row, or in S3 if they are large. S3 keeps them as long as the row."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.platform.models import ProvisioningJob

PREFIX = "job-reports"
"""Prefix of large reports and of proofs in the images bucket, by store and job. Earlier ones are below `payloads/`."""
MAX_INLINE_BYTES = 4_096
LINK_SECONDS = 900
_ADDRESS, _FILE = "stored_at", "file_url"


def store_report(job: ProvisioningJob, report: dict[str, Any]) -> dict[str, Any]:
    """Return the value of the job's column `report`: the report, or the address of a large one, which is stored."""
    text = json.dumps(report, ensure_ascii=False).encode()
    if len(text) <= MAX_INLINE_BYTES:
        return report
    url = report_address(job, "report.json")
    storage.put(url, text, "application/json")
    return {_ADDRESS: url}


def report_address(job: ProvisioningJob, name: str) -> str:
    """Return the address of a file that belongs to the job's report."""
    return storage.address(config.settings().images_bucket, f"{PREFIX}/{job.store_id}/{job.id}/{name}")


def load_report(job: ProvisioningJob) -> dict[str, Any]:
    """Return the report of a job; an empty one if S3 has deleted it."""
    report: dict[str, Any] = job.report or {}
    if _ADDRESS not in report:
        return report
    try:
        return dict(json.loads(storage.get(report[_ADDRESS])))
    except storage.NoSuchObject:
        return {}


def load_linked_report(job: ProvisioningJob) -> dict[str, Any]:
    """Return the report of a job with links to its files instead of their addresses, valid for LINK_SECONDS."""
    report = load_report(job)
    proof = report.get("proof")
    if proof is None:
        return report
    links = {
        f"{name}download_url": storage.presigned_get(proof[f"{name}{_FILE}"], seconds=LINK_SECONDS)
        for name in ("", "rejected_")
        if f"{name}{_FILE}" in proof
    }
    return {**report, "proof": {**proof, **links}}
