"""Scheduled jobs: removals of old places and of deleted stores."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import messages
from chalicelib.platform.repository import provisioning_jobs
from chalicelib.platform.schemas.provisioning import JobDue


def begin_due_jobs(due: datetime) -> None:
    """Queue the scheduled jobs that are due. If a message is lost, `platform-resume_jobs` queues the job again."""
    for job_id in provisioning_jobs.iterate_lapsed(provisioning_jobs.SCHEDULED, due):
        job = provisioning_jobs.find(job_id)
        if job is not None and provisioning_jobs.begin_scheduled(job_id):
            messages.publish(JobDue(store_id=job.store_id, job_id=job_id))
