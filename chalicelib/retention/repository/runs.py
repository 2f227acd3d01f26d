"""Runs of retention rules, and the manifests of their archived files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, retries, tables
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction
from chalicelib.retention.domain.archive_pages import SegmentCursor, SegmentMove, page_id
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun, RunStatus

KEEP = timedelta(days=365)


def latest(rule: str) -> RuleRun | None:
    """Return the newest run of a rule, or None."""
    return next(iter(RuleRun.query(rule, scan_index_forward=False, limit=1, consistent_read=True)), None)


def last_completion(rule: str) -> datetime | None:
    """Return when a run of the rule was last completed; if none was, when the first run started."""
    first_start = None
    for row in RuleRun.query(rule, scan_index_forward=False, consistent_read=True, page_size=10):
        if row.completed_at is not None:
            return row.completed_at
        first_start = row.started_at
    return first_start


def get(rule: str, run: str) -> RuleRun:
    """Return a run, read consistently. Raises RuleRun.DoesNotExist."""
    return RuleRun.get(rule, run, consistent_read=True)


def list_by_rule(rule: str, page: PageRequest) -> PageResult[RuleRun]:
    """Return a page of a rule's runs, newest first."""
    return query_page(RuleRun.query(rule, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start))


def add(rule: str, run: str, cut_off: datetime, segments: int) -> RuleRun:
    """Store a new run with every segment at its start. Raises Conflict if the run exists."""
    now = clock.now()
    row = RuleRun(
        rule=rule,
        run=run,
        cut_off=cut_off,
        segments=segments,
        cursor=_cursor({segment: SegmentCursor() for segment in range(segments)}),
        status=RunStatus.RUNNING,
        started_at=now,
        expires_epoch=now + KEEP,
    )
    with Transaction() as transaction:
        transaction.add(row)
    return row


def segment_cursors(run: RuleRun) -> dict[int, SegmentCursor]:
    """Return the cursor of each segment that is not completed."""
    return {int(segment): SegmentCursor(**cursor) for segment, cursor in (run.cursor or {}).items()}


def advance_segment(run: RuleRun, move: SegmentMove, announced: Iterable[Archive] = (), deleted: int = 0) -> None:
    """Move a segment's cursor and store the manifests of `announced`.

    The last segment completes the run. Raises WriteConflict if another worker has moved the segment.
    """
    manifests = list(announced)

    def write() -> bool:
        row = get(run.rule, run.run)
        cursors = segment_cursors(row)
        if cursors.pop(move.segment, None) != move.old:
            return False
        if move.new is not None:
            cursors[move.segment] = move.new
        actions: list[Action] = [
            RuleRun.cursor.set(_cursor(cursors)),
            RuleRun.version.add(1),
            RuleRun.rows_deleted.add(deleted),
        ]
        if not cursors:
            actions += [RuleRun.status.set(RunStatus.COMPLETED), RuleRun.completed_at.set(clock.now())]
        with Transaction() as transaction:  # conflicts if another segment of the run moved at the same time
            transaction.update(row, actions, condition=RuleRun.version == row.version, otherwise=WriteConflict())
            for manifest in manifests:
                transaction.add(manifest)
        return True

    if not retries.retry_conflicts(write):
        raise WriteConflict(
            f"{run.rule} {run.run}: another worker has moved segment {move.segment} from page {move.old.page}"
        )


def mark_failed(run: RuleRun) -> None:
    """Mark a running run as failed; a completed run stays completed."""
    tables.update_if(run, [RuleRun.status.set(RunStatus.FAILED)], RuleRun.status == RunStatus.RUNNING)


def mark_running(run: RuleRun) -> None:
    """Mark a failed run as running."""
    tables.update_if(run, [RuleRun.status.set(RunStatus.RUNNING)], RuleRun.status == RunStatus.FAILED)


def list_by_page(run: RuleRun, segment: int, page: int) -> list[Archive]:
    """Return the manifests of one page, oldest month first."""
    prefix = page_id(run.run, segment, page)
    return list(Archive.query(run.rule, Archive.archive_id.startswith(prefix), consistent_read=True))


def mark_verified(run: RuleRun, archive: Archive, row_count: int, byte_count: int, sha256: str) -> None:
    """Mark a file as read back, with its size. Idempotent: the run counts its rows once."""
    actions: list[Action] = [
        Archive.status.set(ArchiveStatus.VERIFIED),
        Archive.row_count.set(row_count),
        Archive.byte_count.set(byte_count),
        Archive.sha256.set(sha256),
    ]
    _mark(run, archive, ArchiveStatus.WRITTEN, actions, RuleRun.rows_archived.add(row_count))


def mark_purged(run: RuleRun, archive: Archive, deleted: int) -> None:
    """Mark the rows of a file as deleted from the table. Idempotent: the run counts them once."""
    actions: list[Action] = [Archive.status.set(ArchiveStatus.PURGED)]
    _mark(run, archive, ArchiveStatus.VERIFIED, actions, RuleRun.rows_deleted.add(deleted))


def _mark(
    run: RuleRun, archive: Archive, old_status: ArchiveStatus, actions: list[Action], count_action: Action
) -> None:
    try:
        with Transaction() as transaction:
            transaction.update(archive, actions, condition=Archive.status == old_status, otherwise=WriteConflict())
            transaction.update(run, [count_action])
    except WriteConflict:
        return


def _cursor(cursors: dict[int, SegmentCursor]) -> dict[str, object]:
    return {str(segment): asdict(cursor) for segment, cursor in cursors.items()}
