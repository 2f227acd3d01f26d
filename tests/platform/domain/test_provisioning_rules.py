"""Steps, progress and marks of provisioning jobs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.sql.servers import JOB_LIMITS
from chalicelib.platform.domain.provisioning import LEASE, MESSAGES, ORDERS, STATUSES, Step, progress_at, step_after
from chalicelib.platform.domain.table_marks import TableMark, parse_mark
from chalicelib.platform.enums import JobKind
from chalicelib.platform.service.provisioning import TABLE_COUNT
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.tables import TABLES


@pytest.mark.parametrize("kind", JobKind)
def test_the_steps_follow_each_other_to_the_end(kind: JobKind) -> None:
    steps: list[Step] = [ORDERS[kind][0]]
    while (following := step_after(kind, steps[-1])) is not None:
        steps.append(following)
    assert tuple(steps) == ORDERS[kind]
    assert set(steps) <= STATUSES.keys() & MESSAGES.keys()


def test_progress_shows_the_documented_percentages() -> None:
    begins = {step: progress_at(JobKind.PROVISION, step, 0, 0) for step in ORDERS[JobKind.PROVISION]}
    assert begins == {"test": 0, "place": 5, "inspect": 30, "create": 30, "migrate": 80, "seed": 85, "activate": 95}
    shares = [progress_at(JobKind.PROVISION, Step.CREATE, count / 14, 0) for count in (0, 7, 14)]
    assert shares == [30, 55, 80]


@given(st.sampled_from(JobKind), st.lists(st.tuples(st.sampled_from(Step), st.floats(0, 1))))
def test_progress_never_falls(kind: JobKind, positions: list[tuple[Step, float]]) -> None:
    progress = 0
    for step, share in positions:
        before, progress = progress, progress_at(kind, step, share, progress)
        assert before <= progress <= 99


def test_a_lease_outlives_the_longest_statement_of_a_job() -> None:
    assert LEASE.total_seconds() > max(JOB_LIMITS.statement, JOB_LIMITS.unanswered)


@given(st.uuids(), st.uuids())
def test_a_mark_is_read_as_it_was_written(store: object, job: object) -> None:
    mark = TableMark(str(store), str(job))
    assert parse_mark(str(mark)) == mark
    assert str(mark) == revisions.mark(str(store), str(job))


@pytest.mark.parametrize("comment", [None, "", "orders of 2019", "backroom:", "backroom:a", "backroom::b", "other:a:b"])
def test_another_comment_is_no_mark(comment: str | None) -> None:
    assert parse_mark(comment) is None


def test_the_routes_know_the_number_of_tables_without_importing_them() -> None:
    assert len(TABLES) == TABLE_COUNT
