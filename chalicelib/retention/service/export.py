"""Exports a subject's data as one zip: a JSON file per table, events as JSON lines, every stored object; streamed into S3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.kit import clock, data_subjects, logs, secrets, tombstones
from chalicelib.kit.data_policy import Bucket, TablePolicy
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.subject_queries import SubjectQuery
from chalicelib.retention.domain import erasure_plan, redaction, row_ownership
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.row_ownership import SubjectContext
from chalicelib.retention.metrics import REQUESTS_COMPLETED
from chalicelib.retention.models import ArchiveStatus, PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import manifests, rows, s3_objects, subject_rows, zip_stream
from chalicelib.retention.repository import privacy_requests as requests
from chalicelib.retention.repository.subject_rows import QueryCursor, readable_row
from chalicelib.retention.repository.zip_stream import ZipStream
from chalicelib.retention.rules import OBJECT_PREFIXES, TABLE_POLICIES
from chalicelib.retention.service import lake_persons

log = logs.logger("retention")


def export_subject(request: str) -> None:
    """Write the export of a request, once; after a crash, the next worker starts again.

    Deletes the export if its subject was erased since the request. If only some apps of a shop were erased, exports the
    other apps again.
    """
    row = requests.get(request)
    if row.kind is not PrivacyKind.EXPORT or row.status is PrivacyStatus.COMPLETED:
        return
    progress = requests.progress_of(row)
    subject = Subject.parse(row.subject)
    try:
        context = _with_aliases(erasure_plan.subject_context(subject, progress))
        requests.save_progress(row, replace(progress, order_ids=context.aliases))
        bucket, key = s3_objects.bucket_name(Bucket.ARCHIVE), export_key(row, context)
        counts = _write_export(row, context, bucket, key)
        requests.mark_completed(row, {"exported": counts, "key": key if counts else None})
    except WriteConflict:
        log.info("export stopped: another worker processes the request", extra={"request": request})
        return
    REQUESTS_COMPLETED.count(kind=PrivacyKind.EXPORT.value)
    log.info("export completed", extra={"request": request, "counts": counts})


def _write_export(row: PrivacyRequest, context: SubjectContext, bucket: str, key: str) -> dict[str, int]:
    """Write the export and return its counts by table; empty if its subject was erased since the request."""
    while True:
        with zip_stream.open_zip(bucket, key) as file:
            counts = _write_entries(file, context)
        erased = _erased_since(row.created_at, context)
        if not erased:
            return counts
        s3_objects.delete_keys(bucket, [key])
        context = replace(
            context,
            apps=tuple(app for app in context.apps if data_subjects.app(context.subject.shop, app) not in erased),
        )
        if context.subject.type is not SubjectType.SHOP or not context.apps:
            return {}


def export_key(row: PrivacyRequest, context: SubjectContext) -> str:
    """Return the export's key in the archive bucket, below the pseudonyms of its shop and subject."""
    folder = next(iter(row_ownership.subject_folders(OBJECT_PREFIXES["exports/"], context)))
    return f"{folder}{'whole/' if context.subject.type is SubjectType.SHOP else ''}{row.id}.zip"


def _erased_since(requested_at: datetime, context: SubjectContext) -> set[str]:
    """Return the subject's names that were erased since the request: the export may contain their data."""
    names = erasure_plan.subject_names(context)
    batches = (names[start : start + 100] for start in range(0, len(names), 100))
    return set().union(*(tombstones.erased_since(requested_at, *batch) for batch in batches))


def _with_aliases(context: SubjectContext) -> SubjectContext:
    """Return the subject with all its identifiers."""
    for step in erasure_plan.alias_steps(context.subject.type):
        aliases = {
            row_ownership.column_text(item, step.policy.alias_column) for _, item in _current_rows(step.policy, context)
        }
        context = replace(context, aliases=tuple(sorted({*context.aliases, *filter(None, aliases)})))
    return context


def _write_entries(file: ZipStream, context: SubjectContext) -> dict[str, int]:
    subject_type = context.subject.type
    counts: dict[str, int] = {}
    files: set[str] = set()
    for policy in TABLE_POLICIES.values():
        if row_ownership.queries_for(policy, subject_type):
            rows = _readable_rows(policy, context, files if subject_type is not SubjectType.SHOP else None)
            counts[policy.name] = file.add_json(f"tables/{policy.name}.json", rows)
    for step in erasure_plan.archive_steps(subject_type):
        rows = (readable_row(step.policy.table, item) for item in _archived_rows(step.policy, context))
        counts[step.name] = file.add_json(f"{step.name}.json", rows)
    for lake_step in erasure_plan.lake_steps(subject_type):
        lines = lake_persons.iterate_lines(lake_step.lake, context)
        counts[lake_step.name] = file.add_lines(f"{lake_step.name.removesuffix('/')}.jsonl", lines)
    counts["objects"] = 0
    for url in [*sorted(files), *_folder_objects(context, files)]:
        file.add_bytes(f"files/{url.split('/', 3)[3]}", s3_objects.iterate_chunks(url))
        counts["objects"] += 1
    contents = [{"made_at": clock.iso(clock.now()), "subject": str(context.subject), "counts": counts}]
    file.add_json("contents.json", contents)
    return {name: count for name, count in counts.items() if count}


def _current_rows(policy: TablePolicy, context: SubjectContext) -> Iterator[tuple[SubjectQuery, Item]]:
    """Yield the subject's rows of a table that an export contains, each once, with a query that finds it.

    Queries that hide columns are first, so that no other one shows them.
    """
    claims = [query for query in row_ownership.queries_for(policy, context.subject.type) if query.is_exported]
    claims.sort(key=lambda query: not query.hidden_columns)
    seen: set[str] = set()
    for query in claims:
        cursor: QueryCursor | None = QueryCursor()
        while cursor is not None:
            page = subject_rows.find_page(policy, query, context, cursor, with_shared=True)
            for item in page.items:
                key = str(rows.key_of(policy.table, item))
                if key not in seen:
                    yield query, item
                if len(claims) > 1:
                    seen.add(key)
            cursor = page.next_cursor


def _readable_rows(policy: TablePolicy, context: SubjectContext, files: set[str] | None) -> Iterator[dict[str, object]]:
    """Yield a table's rows for the export; add the addresses of their objects to `files`, if given."""
    for query, item in _current_rows(policy, context):
        if files is not None:
            files |= {s3_objects.address(at) for at in row_ownership.object_addresses(item, policy.object_columns)}
        shown = redaction.hide_other_owners(policy, context, redaction.hide_columns(query, item))
        yield readable_row(policy.table, shown) | _decrypted(policy, shown)


def _decrypted(policy: TablePolicy, item: Item) -> dict[str, object]:
    """Return the subject's encrypted words in plain text. One that cannot be decrypted is left out."""
    plain: dict[str, object] = {}
    fields = {name: row_ownership.column_text(item, name) for name in item}
    for column, template in policy.encrypted_columns.items():
        value = fields.get(column)
        if value is not None:
            try:
                plain[column] = secrets.decrypt(value, template.format_map(fields))
            except secrets.DecryptionFailed:
                log.error("column not exported: it cannot be decrypted", extra={"table": policy.name})
    return plain


def _archived_rows(policy: TablePolicy, context: SubjectContext) -> Iterator[Item]:
    after: str | None = None
    while True:
        archives, after = manifests.list_page(policy.name, after)
        for archive in archives:
            if archive.status is ArchiveStatus.WRITTEN:
                continue  # the table still has its rows, and the file may not exist yet
            items, _ = manifests.read_file(archive)
            yield from (item for item in items if row_ownership.owns_archived_row(policy, context, item))
        if after is None:
            return


def _folder_objects(context: SubjectContext, files: set[str]) -> Iterator[str]:
    """Yield the addresses of the objects in the subject's folders, without those in `files`."""
    for prefix in OBJECT_PREFIXES.values():
        if prefix.is_exported:
            bucket = s3_objects.bucket_name(prefix.bucket)
            is_content_matched = context.subject.type in prefix.content_matched
            for folder in sorted(row_ownership.subject_folders(prefix, context)):
                for key in s3_objects.iterate_keys(bucket, folder):
                    url = f"s3://{bucket}/{key}"
                    if url not in files and (
                        not is_content_matched or context.is_mentioned_in(s3_objects.read_text(url) or "")
                    ):
                        yield url
