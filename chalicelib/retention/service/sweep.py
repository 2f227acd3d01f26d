"""The daily sweep: one run a rule, in segments that workers go through a page at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import clock, logs, messages
from chalicelib.kit.data_policy import ExpiryAction, RetentionRule
from chalicelib.kit.errors import Conflict
from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import SegmentCursor
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.errors import ArchiveDamaged, Overtaken
from chalicelib.retention.models import RuleRun, RunStatus
from chalicelib.retention.repository import deletes, rows, runs
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import SweepRequested
from chalicelib.retention.service.archive import archive_page

SEGMENTS = 4
WORK_TIME = timedelta(minutes=2)
"""After this a worker starts no other page; well within its function's timeout."""

log = logs.logger("retention")


def start_sweep(due: datetime) -> None:
    """Open a run of every rule for the moment `due`, or take up the one that is not completed; hand out the segments.

    A rule has one run at a time: while rows are on their way into the archive, no other run may meet them.
    """
    for rule in RULES.values():
        run = runs.latest(rule.name)
        if run is None or (run.status is RunStatus.COMPLETED and run.run < archive_pages.run_id(due)):
            run = _open(rule, due)
        elif run.status is RunStatus.FAILED:
            runs.resume(run)
        messages.publish_many(
            SweepRequested(rule=rule.name, run=run.run, segment=segment) for segment in runs.places(run)
        )


def _open(rule: RetentionRule, due: datetime) -> RuleRun:
    run = archive_pages.run_id(due)
    try:
        return runs.add(rule.name, run, cut_off=due - rule.lifetime, segments=SEGMENTS)
    except Conflict:  # the same schedule, fired twice
        return runs.get(rule.name, run)


def sweep_segment(request: SweepRequested) -> None:
    """Do pages of one segment for `WORK_TIME`, then put the rest back into the queue.

    Does nothing for a segment that is done, and stops where another worker is ahead: should that one die as well,
    the next sweep takes the segment up. Raises ArchiveDamaged where a file does not hold what it should; its rows
    stay, and the run has failed until the next sweep tries again.
    """
    rule = RULES.get(request.rule)
    if rule is None:
        log.info("left alone: there is no such rule any more", extra={"rule": request.rule})
        return
    until = clock.now() + WORK_TIME
    run = runs.get(request.rule, request.run)
    pace = deletes.pace(rule.table, run.segments)
    try:
        while _page(rule, run, request.segment, pace):
            if clock.now() >= until:
                messages.publish(SweepRequested(rule=request.rule, run=request.run, segment=request.segment))
                return
            run = runs.get(request.rule, request.run)
    except Overtaken as overtaken:
        log.info("stopped: another worker is ahead", extra={"at": str(overtaken)})
    except ArchiveDamaged:
        runs.fail(run)
        raise


def _page(rule: RetentionRule, run: RuleRun, segment: int, pace: WriteRateLimiter) -> bool:
    """Do the page that the segment stands at; False where it is done."""
    place = runs.places(run).get(segment)
    if place is None:
        return False
    if rule.action is ExpiryAction.ARCHIVE or place.announced:
        archive_page(rule, run, segment, place, pace)
    else:
        _delete_page(rule, run, segment, place, pace)
    return True


def _delete_page(rule: RetentionRule, run: RuleRun, segment: int, place: SegmentCursor, pace: WriteRateLimiter) -> None:
    found, end = rows.expired_page(rule, run.cut_off, segment, run.segments, place.after)
    deleted = deletes.delete_expired(rule, run.cut_off, [row.item for row in found], pace)
    runs.move(run, segment, place, place.next(end) if end else None, deleted=deleted)
