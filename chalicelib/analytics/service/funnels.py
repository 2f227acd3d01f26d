"""Saved funnels of a site, and the funnel of each entry day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.analytics.domain.event_moments import local_day
from chalicelib.analytics.domain.open_days import first_open_day, is_final
from chalicelib.analytics.domain.reports.questions import MAX_DAYS, FunnelQuestion
from chalicelib.analytics.domain.reports.results import StepResult, funnel_results_by_day
from chalicelib.analytics.errors import FunnelLimitReached
from chalicelib.analytics.models import Funnel, FunnelStep
from chalicelib.analytics.repository import event_days, funnels
from chalicelib.analytics.schemas.funnels import FunnelCreate, FunnelQuery, FunnelRead, FunnelResult, FunnelStepRead
from chalicelib.analytics.schemas.reports import FunnelSteps
from chalicelib.analytics.service import reports, site_cache
from chalicelib.analytics.service.report_files import DayFiles
from chalicelib.kit import clock, ids, locks
from chalicelib.kit.errors import InvalidInput, WriteConflict

DEFAULT_DAYS = 30
_LEASE_SECONDS = 10


def list_funnels(tenant: str) -> list[FunnelRead]:
    """Return the funnels of a site, the oldest first."""
    return [FunnelRead.of(row) for row in funnels.list_by_tenant(tenant)]


def create_funnel(tenant: str, body: FunnelCreate) -> FunnelRead:
    """Create a funnel, which is computed daily. Raises FunnelLimitReached, WriteConflict if another is being created."""
    lease = locks.acquire(f"analytics-funnels/{tenant}", _LEASE_SECONDS)
    if lease is None:
        raise WriteConflict
    try:
        if len(funnels.list_by_tenant(tenant)) >= funnels.MAX_FUNNELS:
            raise FunnelLimitReached
        now = clock.now()
        row = Funnel(
            tenant,
            ids.time_ordered(),
            name=body.name,
            steps=[step.model_dump(mode="json") for step in body.steps],
            order=body.order,
            window_seconds=body.window_seconds,
            created_at=now,
            updated_at=now,
        )
        funnels.add(row)
    finally:
        locks.release(lease)
    return FunnelRead.of(row)


def get_funnel(tenant: str, funnel: str, query: FunnelQuery) -> FunnelResult:
    """Return a funnel and its entry days in the range. Raises FunnelNotFound, InvalidInput for a range over 366 days."""
    row = funnels.get(tenant, funnel)
    today = local_day(clock.now(), site_cache.site_of(tenant).time_zone)
    last_day = query.last_day or today
    first_day = query.first_day or last_day - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last_day - first_day).days < MAX_DAYS:
        raise InvalidInput(f"`to` must not be before `from`; a range has at most {MAX_DAYS} days")
    steps = funnels.list_steps(tenant, funnel, first_day, last_day)
    days = [FunnelStepRead.of(step) for step in steps]
    return FunnelResult(**FunnelRead.of(row).model_dump(), days=days)


def delete_funnel(tenant: str, funnel: str) -> None:
    """Delete a funnel. Raises FunnelNotFound."""
    funnels.delete(funnels.get(tenant, funnel))


def compute_funnels(tenant: str, now: datetime) -> None:
    """Set the step counts of every active funnel of a site for the entry days that may still change."""
    today = local_day(now, site_cache.site_of(tenant).time_zone)
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
    results = funnel_results_by_day(question, reports.query_days(question, files, by_day=True))
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
