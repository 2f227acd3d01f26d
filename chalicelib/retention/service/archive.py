"""One page of expired rows into the archive, exactly once, whoever dies in between or works on it at the same time.

1. The page's files are announced: their manifests and the segment's new place are one transaction. Until here
   nothing happened; from here the page is these files and nothing else.
2. Each file is put only where none lies yet; what lies there stands, whoever wrote it. One who resumes has no rows
   at hand and puts an empty file, which settles for good whether the rows made it.
3. The file is read back; what it holds, and only that, is deleted, each row only if it is still the same.
4. The segment moves on. A resumed page is followed by one with the same start, for the rows it left.
"""

from __future__ import annotations

from chalicelib.integrations import parquet
from chalicelib.kit import clock, signing
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import ITEM, Expired, Item, SegmentCursor
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.errors import ArchiveDamaged, Overtaken
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun
from chalicelib.retention.repository import deletes, files, rows, runs

MAX_FILES = 90
"""Months of one page, at most: their manifests are one transaction. The rest waits for the page after."""


PAGE_SECONDS = 60
"""What the deletes of a page take at most, at the worker's pace: a page is begun anew where its worker dies."""


def archive_page(rule: RetentionRule, run: RuleRun, segment: int, place: SegmentCursor, pace: WriteRateLimiter) -> None:
    """Archive and delete one page of a segment, or finish one that was announced, and move the segment on.

    Raises Overtaken where another worker does the same page, ArchiveDamaged where a file is not what it should be.
    """
    if place.announced:
        _resume(rule, run, segment, place, pace)
        return
    units = pace.affords(PAGE_SECONDS)
    found, end = rows.expired_page(rule, run.cut_off, segment, run.segments, place.after, units)
    months = archive_pages.by_month(found)
    after = place.next(end) if end else None
    if len(months) > MAX_FILES:
        months, after = dict(list(months.items())[:MAX_FILES]), place.next(place.after)
    if months:
        announced = [_file(rule, run, segment, place, month, members) for month, members in months.items()]
        runs.move(run, segment, place, place.announce(), [archive for archive, _ in announced])
        for archive, data in announced:
            files.put_if_absent(archive.s3_key, data, parquet.MEDIA_TYPE)
            if not _finish(rule, run, archive, pace):
                raise Overtaken(f"{archive.s3_key} was settled by another worker")
        place = place.announce()
    runs.move(run, segment, place, after)


def _resume(rule: RetentionRule, run: RuleRun, segment: int, place: SegmentCursor, pace: WriteRateLimiter) -> None:
    nothing = parquet.write(rows.columns(rule.table), [])
    for archive in runs.archives_of_page(run, segment, place.page):
        if archive.status is ArchiveStatus.WRITTEN:
            files.put_if_absent(archive.s3_key, nothing, parquet.MEDIA_TYPE)
        if archive.status is not ArchiveStatus.PURGED:
            _finish(rule, run, archive, pace)
    runs.move(run, segment, place, place.next(place.after))


def _file(
    rule: RetentionRule,
    run: RuleRun,
    segment: int,
    place: SegmentCursor,
    month: archive_pages.Month,
    members: list[Expired],
) -> tuple[Archive, bytes]:
    """The manifest of one month's rows, and the bytes of its file."""
    data = parquet.write(rows.columns(rule.table), (archive_pages.cells(row.item) for row in members))
    archive = Archive(
        source_table=rule.name,
        archive_id=archive_pages.archive_id(run.run, segment, place.page, month),
        s3_key=archive_pages.s3_key(rule.name, run.run, segment, place.page, month),
        row_count=len(members),
        byte_count=len(data),
        sha256=signing.digest(data),
        oldest=min(row.moment for row in members),
        newest=max(row.moment for row in members),
        status=ArchiveStatus.WRITTEN,
        created_at=clock.now(),
    )
    return archive, data


def _finish(rule: RetentionRule, run: RuleRun, archive: Archive, pace: WriteRateLimiter) -> bool:
    """Verify a file that lies in the archive and delete its rows; whether it is the announced one, not an empty one."""
    data = files.get(archive.s3_key)
    items = _items(archive, data)
    runs.mark_verified(run, archive, len(items), len(data), signing.digest(data))
    runs.mark_purged(run, archive, deletes.delete_unchanged(rule.table, items, pace))
    return bool(items)


def _items(archive: Archive, data: bytes) -> list[Item]:
    """The rows that a file holds. Raises ArchiveDamaged unless it is empty or what was announced."""
    try:
        items = [archive_pages.decode(text) for text in parquet.read_texts(data, ITEM)]
    except ValueError as error:
        raise ArchiveDamaged(archive.s3_key) from error
    if items and (len(items), signing.digest(data)) != (archive.row_count, archive.sha256):
        raise ArchiveDamaged(f"{archive.s3_key} does not hold what was announced")
    return items
