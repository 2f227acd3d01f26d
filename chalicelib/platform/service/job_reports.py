"""Reports of jobs: in the job's row, or in S3 if they are large. S3 deletes them after 90 days."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.platform.models import ProvisioningJob

PREFIX = "payloads/platform/job-reports"
"""Prefix of large reports in the images bucket, by store."""
MAX_INLINE_BYTES = 4_096
_ADDRESS = "stored_at"


def store_report(job: ProvisioningJob, report: dict[str, Any]) -> dict[str, Any]:
    """Return the value of the job's column `report`: the report, or the address of a large one, which is stored."""
    text = json.dumps(report, ensure_ascii=False).encode()
    if len(text) <= MAX_INLINE_BYTES:
        return report
    url = storage.address(config.settings().images_bucket, f"{PREFIX}/{job.store_id}/{job.id}.json")
    storage.put(url, text, "application/json")
    return {_ADDRESS: url}


def load_report(job: ProvisioningJob) -> dict[str, Any]:
    """Return the report of a job; an empty one if S3 has deleted it."""
    report: dict[str, Any] = job.report or {}
    if _ADDRESS not in report:
        return report
    try:
        return dict(json.loads(storage.get(report[_ADDRESS])))
    except storage.NoSuchObject:
        return {}
