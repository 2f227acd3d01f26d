"""Reports: stored by question and data, run by DuckDB or Athena with the same text and the same result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.analytics.enums import ReportEngine, ReportStatus
from chalicelib.analytics.errors import ReportNotFound
from chalicelib.analytics.schemas.reports import ReportCreate, ReportRead, ReportSummary
from chalicelib.analytics.service import report_runs, reports
from chalicelib.integrations import athena
from chalicelib.kit import aws, clock, config
from infra.docs.athena import analytics_tables
from tests.analytics.conftest import NewSite
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, lake_event, store
from tests.timeouts import eventually

HOSTILE = "x' OR 1 = 1; DROP TABLE analytics_events; --"
FUNNEL: dict[str, Any] = {
    "kind": "funnel",
    "steps": [{"name": "sign_up"}, {"name": "booking", "where": {"pl'an": HOSTILE}}],
    "window_seconds": 3600,
    "from": "2026-03-29",
    "to": "2026-03-29",
}
RETENTION: dict[str, Any] = {
    "kind": "retention",
    "start": {"name": "sign_up"},
    "return": {"name": "page_view"},
    "period": "day",
    "first_time": True,
    "from": "2026-03-28",
    "to": "2026-03-30",
}
Drain = Callable[[], list[dict[str, Any]]]


def _events() -> list[LakeEvent]:
    hostile = f'{{"pl\'an":"{HOSTILE}"}}'
    return [
        lake_event("2026-03-28 09:00", 1, visitor="v0"),
        lake_event("2026-03-29 10:00", 2, type="conversion", name="sign_up", user_id="u1"),
        lake_event("2026-03-29 10:10", 3, type="conversion", name="booking", data=hostile, session_id="s1"),
        lake_event("2026-03-29 10:10", 4, type="conversion", name="sign_up", user_id="u1", session_id="s1"),
        lake_event("2026-03-29 10:11", 5, type="conversion", name="booking", data='{"pl\'an":"b"}', user_id="u1"),
        lake_event("2026-03-29 10:30", 6, type="conversion", name="booking", data=hostile, user_id="u1"),
        lake_event("2026-03-29 12:00", 7, type="conversion", name="sign_up", visitor=None, user_id="u2"),
        lake_event("2026-03-30 12:00", 8, visitor=None, user_id="u2"),
        lake_event("2026-03-29 12:00", 9, type="bot", name="sign_up", visitor="v9"),
    ]


@pytest.fixture
def site(new_site: NewSite, week_clock: WeekClock, compute_due_days: Callable[[], int]) -> str:
    """A site in Berlin with three computed days."""
    new_site(TENANT, time_zone="Europe/Berlin")
    week_clock.moment += timedelta(days=2)
    store(_events())
    compute_due_days()
    return TENANT


@pytest.fixture
def athena_tables() -> None:
    """The tables of docs/athena.sql in the embedded AWS."""
    aws.client("glue").create_database(DatabaseInput={"Name": athena.DATABASE})
    output = f"s3://{config.settings().images_bucket}/payloads/analytics/athena/"
    for number, statement in enumerate(analytics_tables()):
        bound = statement.replace("${ARCHIVE_BUCKET}", config.settings().archive_bucket).rstrip().rstrip(";")
        execution = athena.start_query(bound, output, f"{number:064}")
        eventually(partial(_has_succeeded, execution), "the query ends")


def _has_succeeded(execution: str) -> bool:
    return athena.query_state(execution) is athena.QueryState.SUCCEEDED


def _ask(body: dict[str, Any], tenant: str = TENANT) -> ReportSummary:
    return reports.request_report(tenant, ReportCreate.model_validate(body))


def _answer(body: dict[str, Any], drain: Drain) -> ReportRead:
    summary = _ask(body)
    assert drain() == []
    return reports.get_report(TENANT, summary.id)


def _ended(summary: ReportSummary, drain: Drain) -> ReportRead:
    for _ in range(100):
        assert drain() == []
        report = reports.get_report(TENANT, summary.id)
        if report.status in (ReportStatus.COMPLETED, ReportStatus.FAILED):
            return report
    raise AssertionError("the report does not end")


def _reached(report: ReportRead) -> list[int]:
    assert report.result
    return [step.reached for step in report.result.steps or []]


def test_a_report_runs_in_duckdb_and_is_stored(site: str, drain: Drain) -> None:
    report = _answer(FUNNEL, drain)
    assert (report.status, report.engine) == (ReportStatus.COMPLETED, ReportEngine.DUCKDB)
    assert _reached(report) == [2, 1]
    assert report.result
    assert report.result.steps
    assert report.result.steps[1].average_seconds == 600
    assert _ask(FUNNEL) == ReportSummary(id=report.id, status=ReportStatus.COMPLETED)
    assert drain() == []
    assert reports.get_report(TENANT, report.id).completed_at == report.completed_at


def test_a_change_of_a_day_makes_a_new_report(site: str, drain: Drain, compute_due_days: Callable[[], int]) -> None:
    before = _answer(FUNNEL, drain)
    store([lake_event("2026-03-29 15:00", 20, type="conversion", name="sign_up", user_id="u3")])
    assert _ask(FUNNEL).id == before.id
    compute_due_days()
    after = _answer(FUNNEL, drain)
    assert after.id != before.id
    assert _reached(after) == [3, 1]


def test_parts_that_wait_are_read_and_counted_once(site: str, drain: Drain) -> None:
    store([*_events(), lake_event("2026-03-29 15:00", 20, type="conversion", name="sign_up", user_id="u3")])
    assert _reached(_answer(FUNNEL, drain)) == [3, 1]


def test_a_visits_user_holds_for_its_events_before_the_sign_in(site: str, drain: Drain) -> None:
    body = {**FUNNEL, "steps": [{"name": "booking"}, {"name": "sign_up"}], "order": "strict"}
    report = _answer(body, drain)
    assert _reached(report) == [1, 1]


@pytest.mark.usefixtures("athena_tables")
def test_athena_gives_the_same_results(
    site: str, drain: Drain, monkeypatch: pytest.MonkeyPatch, week_clock: WeekClock
) -> None:
    bodies = [FUNNEL, {**FUNNEL, "order": "strict"}, {**FUNNEL, "order": "unordered"}, RETENTION]
    by_duckdb = [_answer(body, drain).result for body in bodies]
    store([lake_event("2026-03-29 10:00", 2, type="conversion", name="sign_up", user_id="u1")])  # a copy in a part
    monkeypatch.setattr(report_runs, "MAX_DUCKDB_BYTES", 0)
    monkeypatch.setattr(report_runs, "POLL_SECONDS", 0)
    week_clock.move(days=8)  # the stored reports have expired
    by_athena = [_ended(_ask(body), drain) for body in bodies]
    assert {report.engine for report in by_athena} == {ReportEngine.ATHENA}
    assert [report.result for report in by_athena] == by_duckdb


def test_a_query_that_athena_refuses_fails_the_report_with_the_reason(
    site: str, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_runs, "MAX_DUCKDB_BYTES", 0)
    monkeypatch.setattr(report_runs, "POLL_SECONDS", 0)
    report = _ended(_ask(FUNNEL), drain)
    assert report.status is ReportStatus.FAILED
    assert report.error
    assert "analytics_events" in report.error
    monkeypatch.undo()
    assert _ask(FUNNEL).status is ReportStatus.PENDING


def test_a_large_result_is_stored_in_s3(site: str, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_runs, "MAX_RESULT_BYTES", 10)
    report = _answer(RETENTION, drain)
    assert report.result
    assert [row.values for row in report.result.rows or []] == [[0, 0, 0], [2, 1], [0]]
    keys = aws.client("s3").list_objects_v2(
        Bucket=config.settings().images_bucket, Prefix="payloads/analytics/reports/"
    )
    assert [entry["Key"] for entry in keys["Contents"]] == [f"payloads/analytics/reports/{report.id}.json"]


def test_a_report_of_another_tenant_is_not_found(site: str, drain: Drain) -> None:
    report = _answer(FUNNEL, drain)
    with pytest.raises(ReportNotFound):
        reports.get_report("store:2", report.id)


def test_a_report_expires_after_seven_days(site: str, drain: Drain, week_clock: WeekClock) -> None:
    report = _answer(FUNNEL, drain)
    week_clock.moment = clock.now() + timedelta(days=7, seconds=1)
    with pytest.raises(ReportNotFound):
        reports.get_report(TENANT, report.id)
