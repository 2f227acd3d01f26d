"""Archives one page of expired rows exactly once, also if workers crash or process the page concurrently.

1. One transaction announces the page's files: it stores their manifests and the segment's cursor. From then on the page
   consists of these files.
2. Each file is written only if it does not exist; the first writer wins. A worker that resumes a page has no rows, so it
   writes an empty file, which settles whether the rows were archived.
3. The file is read back, and exactly its rows are deleted, each only if it is unchanged, then their objects.
4. The segment's cursor moves on. After a resumed page, the next page starts at the same key, for the remaining rows.
"""

from __future__ import annotations

from chalicelib.integrations import parquet
from chalicelib.kit import clock, signing
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.errors import WriteConflict
from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import ITEM, ExpiredRow, Item, SegmentCursor, SegmentMove, SegmentScan
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.errors import ArchiveDamaged
from chalicelib.retention.models import Archive, ArchiveStatus, RuleRun
from chalicelib.retention.repository import archive_files, deletes, rows, runs
from chalicelib.retention.service import archived_objects

MAX_FILES = 90
"""Maximum months of one page, because one transaction stores their manifests. The next page has the rest."""


PAGE_SECONDS = 60
"""Maximum time of a page's deletes at the worker's rate; after a crash, the page starts again."""


def archive_page(
    rule: RetentionRule, run: RuleRun, segment: int, cursor: SegmentCursor, limiter: WriteRateLimiter
) -> None:
    """Archive and delete one page of a segment, or resume an announced page, and move the segment's cursor.

    Raises WriteConflict if another worker processes the page, ArchiveDamaged if a file does not match its manifest.
    """
    if cursor.announced:
        _resume_page(rule, run, segment, cursor, limiter)
        return
    scan = SegmentScan(run.cut_off, segment, run.segments, cursor.after)
    expired, last_key = rows.expired_page(rule, scan, limiter.units_within(PAGE_SECONDS))
    embedded = archived_objects.embed_objects(rule, expired)
    months = archive_pages.by_month(embedded)
    after = cursor.next(last_key) if last_key else None
    if len(embedded) < len(expired):
        after = cursor.next(cursor.after)
    if len(months) > MAX_FILES:
        months, after = dict(list(months.items())[:MAX_FILES]), cursor.next(cursor.after)
    if months:
        announced = [
            _manifest_and_file(rule, run, segment, cursor, (month, members)) for month, members in months.items()
        ]
        move = SegmentMove(segment, cursor, cursor.announce())
        runs.advance_segment(run, move, [archive for archive, _ in announced])
        for archive, data in announced:
            archive_files.put_if_absent(archive.s3_key, data, parquet.MEDIA_TYPE)
            if not _verify_and_delete(rule, run, archive, limiter):
                raise WriteConflict(f"another worker has written {archive.s3_key}")
        cursor = cursor.announce()
    runs.advance_segment(run, SegmentMove(segment, cursor, after))


def _resume_page(
    rule: RetentionRule, run: RuleRun, segment: int, cursor: SegmentCursor, limiter: WriteRateLimiter
) -> None:
    empty_file = parquet.write(rows.columns(rule.table), [])
    for archive in runs.list_by_page(run, segment, cursor.page):
        if archive.status is ArchiveStatus.WRITTEN:
            archive_files.put_if_absent(archive.s3_key, empty_file, parquet.MEDIA_TYPE)
        if archive.status is not ArchiveStatus.PURGED:
            _verify_and_delete(rule, run, archive, limiter)
    runs.advance_segment(run, SegmentMove(segment, cursor, cursor.next(cursor.after)))


def _manifest_and_file(
    rule: RetentionRule,
    run: RuleRun,
    segment: int,
    cursor: SegmentCursor,
    month_rows: tuple[archive_pages.Month, list[ExpiredRow]],
) -> tuple[Archive, bytes]:
    """Return the manifest of one month's rows, and the bytes of its file."""
    month, members = month_rows
    data = parquet.write(rows.columns(rule.table), (archive_pages.cells(row.item) for row in members))
    archive = Archive(
        source_table=rule.name,
        archive_id=archive_pages.archive_id(run.run, segment, cursor.page, month),
        s3_key=archive_pages.s3_key(rule.name, run.run, segment, cursor.page, month),
        row_count=len(members),
        byte_count=len(data),
        sha256=signing.digest(data),
        oldest=min(row.moment for row in members),
        newest=max(row.moment for row in members),
        status=ArchiveStatus.WRITTEN,
        created_at=clock.now(),
    )
    return archive, data


def _verify_and_delete(rule: RetentionRule, run: RuleRun, archive: Archive, limiter: WriteRateLimiter) -> bool:
    """Verify a file in the archive and delete its rows. Returns False if the file is empty."""
    data = archive_files.get(archive.s3_key)
    items = _read_items(archive, data)
    runs.mark_verified(run, archive, len(items), len(data), signing.digest(data))
    stored = [archive_pages.without_objects(item, rule.object_columns) for item in items]
    count = deletes.delete_unchanged(rule.table, stored, limiter)
    archived_objects.delete_objects(rule, items)
    runs.mark_purged(run, archive, count)
    return bool(items)


def _read_items(archive: Archive, data: bytes) -> list[Item]:
    """Return the rows of a file. Raises ArchiveDamaged unless it is empty or matches its manifest."""
    try:
        items = [archive_pages.decode_item(text) for text in parquet.read_texts(data, ITEM)]
    except ValueError as error:
        raise ArchiveDamaged(archive.s3_key) from error
    if items and (len(items), signing.digest(data)) != (archive.row_count, archive.sha256):
        raise ArchiveDamaged(f"{archive.s3_key} does not match its manifest")
    return items
