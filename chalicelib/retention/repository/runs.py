"""Runs of rules, and the manifests of what they archived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, tables
from chalicelib.kit.errors import Conflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction
from chalicelib.retention.domain.archive_pages import SegmentCursor, page_id
from chalicelib.retention.errors import Overtaken
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun, RunStatus

KEEP = timedelta(days=365)


class _Moved(Conflict):
    """Another segment moved at the same moment."""


class _AlreadyMarked(Conflict):
    """Another worker, or an earlier attempt, came first."""


def latest(rule: str) -> RuleRun | None:
    """The newest run of a rule."""
    return next(iter(RuleRun.query(rule, scan_index_forward=False, limit=1, consistent_read=True)), None)


def completed_or_begun(rule: str) -> datetime | None:
    """When a run of the rule was completed last; if none was, when the first began."""
    begun = None
    for row in RuleRun.query(rule, scan_index_forward=False, consistent_read=True, page_size=10):
        if row.completed_at is not None:
            return row.completed_at
        begun = row.started_at
    return begun


def get(rule: str, run: str) -> RuleRun:
    """Raises RuleRun.DoesNotExist."""
    return RuleRun.get(rule, run, consistent_read=True)


def list_by_rule(rule: str, page: PageRequest) -> PageResult[RuleRun]:
    """The newest first."""
    return query_page(RuleRun.query(rule, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start))


def add(rule: str, run: str, cut_off: datetime, segments: int) -> RuleRun:
    """Open a run with every segment at its start. Raises Conflict where it is there already."""
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


def places(run: RuleRun) -> dict[int, SegmentCursor]:
    """Where each segment that is not done stands."""
    return {int(segment): SegmentCursor(**place) for segment, place in (run.cursor or {}).items()}


def move(
    run: RuleRun,
    segment: int,
    old: SegmentCursor,
    new: SegmentCursor | None,
    announced: Iterable[Archive] = (),
    deleted: int = 0,
) -> None:
    """Move a segment from `old` to `new` (None: it is done), together with the manifests that are announced by it.

    The last segment completes the run. Raises Overtaken where the segment is no longer at `old`.
    """
    manifests = list(announced)
    while True:
        row = get(run.rule, run.run)
        now_at = places(row)
        if now_at.pop(segment, None) != old:
            raise Overtaken(f"{run.rule} {run.run}: segment {segment} is past page {old.page}")
        if new is not None:
            now_at[segment] = new
        actions: list[Action] = [
            RuleRun.cursor.set(_cursor(now_at)),
            RuleRun.version.add(1),
            RuleRun.rows_deleted.add(deleted),
        ]
        if not now_at:
            actions += [RuleRun.status.set(RunStatus.COMPLETED), RuleRun.completed_at.set(clock.now())]
        try:
            with Transaction() as transaction:
                transaction.update(row, actions, condition=RuleRun.version == row.version, otherwise=_Moved())
                for manifest in manifests:
                    transaction.add(manifest)
        except _Moved:
            continue
        return


def fail(run: RuleRun) -> None:
    """Note that a run cannot go on by itself; one that another worker completed stays so."""
    tables.update_if(run, [RuleRun.status.set(RunStatus.FAILED)], RuleRun.status == RunStatus.RUNNING)


def resume(run: RuleRun) -> None:
    """Let a run that failed go on."""
    tables.update_if(run, [RuleRun.status.set(RunStatus.RUNNING)], RuleRun.status == RunStatus.FAILED)


def archives_of_page(run: RuleRun, segment: int, page: int) -> list[Archive]:
    """The manifests of one page, oldest month first."""
    prefix = page_id(run.run, segment, page)
    return list(Archive.query(run.rule, Archive.archive_id.startswith(prefix), consistent_read=True))


def mark_verified(run: RuleRun, archive: Archive, row_count: int, byte_count: int, sha256: str) -> None:
    """Note that the file was read back, and what it holds; counted in the run once, however often it is noted."""
    actions: list[Action] = [
        Archive.status.set(ArchiveStatus.VERIFIED),
        Archive.row_count.set(row_count),
        Archive.byte_count.set(byte_count),
        Archive.sha256.set(sha256),
    ]
    _mark(run, archive, ArchiveStatus.WRITTEN, actions, RuleRun.rows_archived.add(row_count))


def mark_purged(run: RuleRun, archive: Archive, deleted: int) -> None:
    """Note that the file's rows are gone from the table; counted once."""
    actions: list[Action] = [Archive.status.set(ArchiveStatus.PURGED)]
    _mark(run, archive, ArchiveStatus.VERIFIED, actions, RuleRun.rows_deleted.add(deleted))


def _mark(run: RuleRun, archive: Archive, was: ArchiveStatus, actions: list[Action], counted: Action) -> None:
    try:
        with Transaction() as transaction:
            transaction.update(archive, actions, condition=Archive.status == was, otherwise=_AlreadyMarked())
            transaction.update(run, [counted])
    except _AlreadyMarked:
        return


def _cursor(now_at: dict[int, SegmentCursor]) -> dict[str, object]:
    return {str(segment): asdict(place) for segment, place in now_at.items()}
