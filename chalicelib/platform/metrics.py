"""The metrics of platform."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration

LONGEST_LAPSED_JOB = Duration(
    "LongestLapsedJob",
    Alarm(
        "platform-jobs-late",
        "A provisioning job has had no worker for over 15 minutes, or platform-resume_jobs does not run: see the log of "
        "platform-run_job.",
        above=900,
        written_by="platform-resume_jobs",
    ),
)
"""How long the longest waiting job has been due without a worker; zero if none is."""
JOBS_STUCK = Counter(
    "JobsStuck",
    Alarm(
        "platform-jobs-stuck",
        "A provisioning job failed because its workers crashed repeatedly: see the log of platform-run_job.",
    ),
)
"""Jobs that failed without a reason that their owner can act on."""
