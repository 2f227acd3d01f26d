"""Queue consumer and schedule of the provisioning jobs."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import lapsed_jobs

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-run_job", batch_size=1, name="platform-run_job")
# maximum_concurrency: a job holds its execution for 40 seconds; owners wait for new stores
@consumes(JobDue, layer="sql", maximum_concurrency=10)
def run_job(message: JobDue) -> None:
    """Run the steps of a job for 40 seconds, then queue it again."""
    from chalicelib.platform.service import provisioning_worker  # noqa: PLC0415 - its SQL libraries are a layer

    provisioning_worker.run_job(message)


@bp.schedule("rate(1 minute)", name="platform-resume_jobs")
@scheduled("platform-resume_jobs", lease_seconds=60)
def resume_jobs(run: ScheduledRun) -> None:
    """Queue the jobs and transfers whose worker crashed; end the failed jobs that were not retried."""
    lapsed_jobs.resume_jobs(run.due)
    lapsed_jobs.resume_transfers(run.due)
