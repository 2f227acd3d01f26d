"""The daily sweep: one run per retention rule, in segments that workers process a page at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.kit import clock, logs, messages
from chalicelib.kit.data_policy import ExpiryAction, RetentionRule
from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.kit.steps import run_all
from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import SegmentCursor, SegmentMove, SegmentScan
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.errors import ArchiveDamaged
from chalicelib.retention.models import RuleRun, RunStatus
from chalicelib.retention.repository import deletes, rows, runs
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import SweepRequested
from chalicelib.retention.service.archive import archive_page

SEGMENTS = 4
WORK_TIME = timedelta(minutes=2)
"""A worker starts no page after this time, which is well within its function's timeout."""

log = logs.logger("retention")


def start_sweep(due: datetime) -> None:
    """Start a run of every rule, or resume the run that is not completed; send its segments to the workers.

    A rule has one run at a time: two runs must not archive the same rows. Continues with the
    other rules after one fails. Raises the last error.
    """
    run_all(*(partial(_start_rule, rule, due) for rule in RULES.values()))


def _start_rule(rule: RetentionRule, due: datetime) -> None:
    run = runs.latest(rule.name)
    if run is None or (run.status is RunStatus.COMPLETED and run.run < archive_pages.run_id(due)):
        run = _add_run(rule, due)
    elif run.status is RunStatus.FAILED:
        runs.mark_running(run)
    messages.publish_many(
        SweepRequested(rule=rule.name, run=run.run, segment=segment) for segment in runs.segment_cursors(run)
    )


def _add_run(rule: RetentionRule, due: datetime) -> RuleRun:
    run = archive_pages.run_id(due)
    try:
        return runs.add(rule.name, run, cut_off=due - rule.lifetime, segments=SEGMENTS)
    except Conflict:  # EventBridge may deliver a schedule twice
        return runs.get(rule.name, run)


def sweep_segment(request: SweepRequested) -> None:
    """Process pages of one segment for `WORK_TIME`, then queue the rest.

    Does nothing if the segment is completed. Stops if another worker processes the segment; if that one crashes, the
    next sweep resumes it. Raises ArchiveDamaged if a file does not match its manifest; its rows stay, and the run is
    failed until the next sweep resumes it.
    """
    rule = RULES.get(request.rule)
    if rule is None:
        log.info("segment skipped: its rule was removed", extra={"rule": request.rule})
        return
    until = clock.now() + WORK_TIME
    run = runs.get(request.rule, request.run)
    limiter = deletes.write_limiter(rule.table, run.segments)
    try:
        while _process_page(rule, run, request.segment, limiter):
            if clock.now() >= until:
                messages.publish(SweepRequested(rule=request.rule, run=request.run, segment=request.segment))
                return
            run = runs.get(request.rule, request.run)
    except WriteConflict as conflict:
        log.info("sweep stopped: another worker processes the segment", extra={"reason": str(conflict)})
    except ArchiveDamaged:
        runs.mark_failed(run)
        raise


def _process_page(rule: RetentionRule, run: RuleRun, segment: int, limiter: WriteRateLimiter) -> bool:
    """Process the next page of the segment. Returns False if the segment is completed."""
    cursor = runs.segment_cursors(run).get(segment)
    if cursor is None:
        return False
    if rule.action is ExpiryAction.ARCHIVE or cursor.announced:
        archive_page(rule, run, segment, cursor, limiter)
    else:
        _delete_page(rule, run, segment, cursor, limiter)
    return True


def _delete_page(
    rule: RetentionRule, run: RuleRun, segment: int, cursor: SegmentCursor, limiter: WriteRateLimiter
) -> None:
    expired, last_key = rows.expired_page(rule, SegmentScan(run.cut_off, segment, run.segments, cursor.after))
    deleted = deletes.delete_expired(rule, run.cut_off, [row.item for row in expired], limiter)
    move = SegmentMove(segment, cursor, cursor.next(last_key) if last_key else None)
    runs.advance_segment(run, move, deleted=deleted)
