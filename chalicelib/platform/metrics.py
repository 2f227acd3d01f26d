"""The metrics of platform."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration

MAILS_FAILED = Counter(
    "AccountMailsFailed",
    Alarm(
        "platform-mail-failing",
        "Over 5 % of the e-mails to owners and staff fail for 15 minutes: SES refuses or throttles them. See the runbook.",
        above=0.05,
        statistic="Average",
        periods=3,
    ),
)
"""1 for an e-mail that SES did not take, else 0: its mean is their share."""

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
STORES_NEAR_LIMIT = Counter(
    "StoresNearLimit",
    Alarm(
        "platform-stores-near-limit",
        "A store uses 80 % or more of a limit of its plan. `usage_statistics` names it; the owner's page shows a warning.",
    ),
)
"""The number of stores that newly came near a limit; each limit of a store counts once a month."""
