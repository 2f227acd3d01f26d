"""Steps of a job by its kind: their order, the status that each shows, and the progress in percent."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from chalicelib.platform.enums import JobKind, JobStatus

LEASE = timedelta(seconds=100)
"""Longer than the longest statement of a job, so that no statement of a lost lease is still running."""
TURN = timedelta(seconds=40)
"""After this time a worker queues the job again and ends."""
MAX_CRASHES = 10
"""A job whose workers crashed this often without progress fails."""
MAX_OUTAGES = 5
"""A job that found its server unreachable this often without progress fails."""
OUTAGE_DELAY = timedelta(seconds=20)
SHARED_DELAY = timedelta(minutes=15)
"""The delay between attempts to drop a schema on a shared server. They do not end until it is dropped."""
PROJECT_WAIT = timedelta(minutes=20)
"""The time in which a new Supabase project must come up."""
RETRY_WINDOW = timedelta(hours=24)
"""A failed job keeps its sealed request this long, so that a retry needs no credentials. Then its place is removed."""


class Step(StrEnum):
    """A step of a job; `cancel` ends a canceled one. The steps of each kind run in the order of `ORDERS`."""

    CHECK = "check"
    TEST = "test"
    PLACE = "place"
    INSPECT = "inspect"
    CREATE = "create"
    MIGRATE = "migrate"
    SEED = "seed"
    ACTIVATE = "activate"
    COPY = "copy"
    LOAD = "load"
    FREEZE = "freeze"
    COMPARE = "compare"
    SWITCH = "switch"
    EXPORT = "export"
    DROP = "drop"
    CANCEL = "cancel"


_NEW_PLACE = (Step.TEST, Step.PLACE, Step.INSPECT, Step.CREATE, Step.MIGRATE)
ORDERS = {
    JobKind.PROVISION: (*_NEW_PLACE, Step.SEED, Step.ACTIVATE),
    JobKind.MOVE: (*_NEW_PLACE, Step.COPY, Step.FREEZE, Step.COMPARE, Step.SWITCH),
    JobKind.RESTORE: (Step.CHECK, *_NEW_PLACE, Step.LOAD, Step.FREEZE, Step.SWITCH),
    JobKind.BACKUP: (Step.EXPORT,),
    JobKind.DROP: (Step.DROP,),
}

STATUSES = {
    Step.CHECK: JobStatus.TESTING,
    Step.TEST: JobStatus.TESTING,
    Step.PLACE: JobStatus.CREATING,
    Step.INSPECT: JobStatus.CREATING,
    Step.CREATE: JobStatus.CREATING,
    Step.MIGRATE: JobStatus.MIGRATING,
    Step.SEED: JobStatus.SEEDING,
    Step.ACTIVATE: JobStatus.SEEDING,
    Step.COPY: JobStatus.SEEDING,
    Step.LOAD: JobStatus.SEEDING,
    Step.FREEZE: JobStatus.SEEDING,
    Step.COMPARE: JobStatus.SEEDING,
    Step.SWITCH: JobStatus.SEEDING,
    Step.EXPORT: JobStatus.SEEDING,
    Step.DROP: JobStatus.SEEDING,
}
"""The status of the API for each step. Steps that copy or load rows have `seeding`."""

MESSAGES = {
    Step.CHECK: "Checking the backup",
    Step.TEST: "Testing the connection",
    Step.PLACE: "Preparing the place of the tables",
    Step.INSPECT: "Comparing existing tables",
    Step.CREATE: "Creating tables",
    Step.MIGRATE: "Recording the schema revision",
    Step.SEED: "Adding the first rows",
    Step.ACTIVATE: "Activating the store",
    Step.COPY: "Copying rows",
    Step.LOAD: "Loading rows",
    Step.FREEZE: "Pausing changes of the store",
    Step.COMPARE: "Comparing both copies",
    Step.SWITCH: "Switching the store",
    Step.EXPORT: "Writing the backup",
    Step.DROP: "Removing the store's tables",
    Step.CANCEL: "Removing the tables of this job",
}

_PROGRESS = {
    JobKind.PROVISION: (0, 5, 30, 30, 80, 85, 95),
    JobKind.MOVE: (0, 2, 10, 10, 18, 20, 75, 76, 95),
    JobKind.RESTORE: (0, 10, 12, 20, 20, 28, 30, 90, 95),
    JobKind.BACKUP: (0,),
    JobKind.DROP: (0,),
}
"""The progress at the start of each step of `ORDERS`, in percent."""
COMPLETE = 100


def step_after(kind: JobKind, step: Step) -> Step | None:
    """Return the step that follows in a job of the kind; None after the last one."""
    order = ORDERS[kind]
    position = order.index(step) + 1
    return order[position] if position < len(order) else None


def progress_at(kind: JobKind, step: Step, share: float, before: int) -> int:
    """Return the progress in percent when `share` (0 to 1) of a step is done. It never falls below `before`.

    It reaches COMPLETE only when the job ends.
    """
    if step not in ORDERS[kind]:
        return before
    position = ORDERS[kind].index(step)
    begins = (*_PROGRESS[kind], COMPLETE)
    percent = begins[position] + int((begins[position + 1] - begins[position]) * share)
    return max(before, min(percent, COMPLETE - 1))
