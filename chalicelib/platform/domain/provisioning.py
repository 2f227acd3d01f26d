"""Steps of a provisioning job: their order, the status that each shows, and the progress in percent."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from chalicelib.platform.enums import JobStatus

LEASE = timedelta(seconds=100)
"""Longer than the longest statement of a job, so that no statement of a lost lease is still running."""
TURN = timedelta(seconds=40)
"""After this time a worker queues the job again and ends."""
MAX_CRASHES = 10
"""A job whose workers crashed this often without progress fails."""
MAX_OUTAGES = 5
"""A job that found its server unreachable this often without progress fails."""
OUTAGE_DELAY = timedelta(seconds=20)
PROJECT_WAIT = timedelta(minutes=20)
"""The time in which a new Supabase project must come up."""
RETRY_WINDOW = timedelta(hours=24)
"""A failed job keeps its sealed request this long, so that a retry needs no credentials."""


class Step(StrEnum):
    """A step of a job, in the order in which they run; `cancel` ends a canceled job."""

    TEST = "test"
    PLACE = "place"
    INSPECT = "inspect"
    CREATE = "create"
    MIGRATE = "migrate"
    SEED = "seed"
    ACTIVATE = "activate"
    CANCEL = "cancel"


ORDER = (Step.TEST, Step.PLACE, Step.INSPECT, Step.CREATE, Step.MIGRATE, Step.SEED, Step.ACTIVATE)

STATUSES = {
    Step.TEST: JobStatus.TESTING,
    Step.PLACE: JobStatus.CREATING,
    Step.INSPECT: JobStatus.CREATING,
    Step.CREATE: JobStatus.CREATING,
    Step.MIGRATE: JobStatus.MIGRATING,
    Step.SEED: JobStatus.SEEDING,
    Step.ACTIVATE: JobStatus.SEEDING,
}

MESSAGES = {
    Step.TEST: "Testing the connection",
    Step.PLACE: "Preparing the place of the tables",
    Step.INSPECT: "Comparing existing tables",
    Step.CREATE: "Creating tables",
    Step.MIGRATE: "Recording the schema revision",
    Step.SEED: "Adding the first rows",
    Step.ACTIVATE: "Activating the store",
    Step.CANCEL: "Removing the empty tables of this job",
}

_PROGRESS = {
    Step.TEST: 0,
    Step.PLACE: 5,
    Step.INSPECT: 30,
    Step.CREATE: 30,
    Step.MIGRATE: 80,
    Step.SEED: 85,
    Step.ACTIVATE: 95,
    Step.CANCEL: 0,
}
"""Percent when the step begins."""
_TABLES_SHARE = 50
COMPLETE = 100


def step_after(step: Step) -> Step | None:
    """Return the step that follows; None after the last one."""
    position = ORDER.index(step) + 1
    return ORDER[position] if position < len(ORDER) else None


def progress_at(step: Step, tables_created: int, total_tables: int, before: int) -> int:
    """Return the progress in percent when a step begins, or during the creation of tables. It never falls below `before`."""
    percent = _PROGRESS[step]
    if step is Step.CREATE and total_tables:
        percent += _TABLES_SHARE * tables_created // total_tables
    return max(before, percent)
