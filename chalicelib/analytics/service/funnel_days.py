"""The funnel of each entry day, computed after each midnight of a site."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.analytics.domain.open_days import first_open_day, is_final
from chalicelib.analytics.domain.reports.questions import FunnelQuestion
from chalicelib.analytics.domain.reports.results import StepResult, funnel_results_by_day
from chalicelib.analytics.models import Funnel, FunnelStep
from chalicelib.analytics.repository import event_days, funnels
from chalicelib.analytics.schemas.reports import FunnelSteps
from chalicelib.analytics.service import report_runs
from chalicelib.analytics.service.report_files import DayFiles
from chalicelib.kit import clock


def compute_funnels(tenant: str, day: date) -> None:
    """Set the step counts of a site's active funnels for the entry days until its ended day that may still change."""
    today, now = day + timedelta(days=1), clock.now()
    for row in funnels.list_by_tenant(tenant):
        if row.is_active:
            _compute(row, today, now)


def _compute(row: Funnel, today: date, now: datetime) -> None:
    steps = FunnelSteps(steps=row.steps, order=row.order, window_seconds=row.window_seconds)
    last_day = today - timedelta(days=1)
    question = steps.to_question(first_open_day(row.window_seconds, today), last_day)
    days = event_days.list_by_tenant(row.tenant, *question.days)
    entry_days = [day.day for day in days if day.day <= last_day]
    if not entry_days:
        return
    stored = funnels.list_steps(row.tenant, row.funnel, entry_days[0], entry_days[-1])
    final_days = {step.day for step in stored if step.is_final}
    open_days = [day for day in entry_days if day not in final_days]
    if not open_days:
        return
    question = steps.to_question(open_days[0], last_day)
    files = DayFiles(row.tenant, [day for day in days if day.day >= open_days[0]])
    results = funnel_results_by_day(question, report_runs.query_days(question, files, by_day=True))
    empty = [StepResult(step.name, 0, None, None) for step in question.steps]
    for day in open_days:
        funnels.put_steps(_rows(row, question, day, results.get(day, empty), now), stored)


def _rows(
    row: Funnel, question: FunnelQuestion, day: date, results: list[StepResult], now: datetime
) -> list[FunnelStep]:
    later = [*(step.reached for step in results[1:]), results[-1].reached]
    end = datetime.combine(day, datetime.min.time(), now.tzinfo)
    return [
        FunnelStep(
            f"{row.tenant}#{row.funnel}",
            f"{day.isoformat()}#{number:02}",
            funnel=row.funnel,
            tenant=row.tenant,
            day=day,
            step=number,
            step_name=step.name,
            reached=step.reached,
            dropped_off=step.reached - reached,
            average_seconds=step.average_seconds,
            median_seconds=step.median_seconds,
            is_final=is_final(day, question.window_seconds, now),
            computed_at=now,
            expires_epoch=end + FunnelStep.KEEP,
        )
        for number, (step, reached) in enumerate(zip(results, later, strict=True), 1)
    ]
