"""Exporting what is held of a subject: one zip, with a JSON file a table and every picture, written as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.kit import clock, data_subjects, logs, metrics, tombstones
from chalicelib.kit.data_policy import Bucket, TablePolicy
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.subject_matching import SubjectContext
from chalicelib.retention.errors import Overtaken
from chalicelib.retention.models import ArchiveStatus, PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import manifests, requests, rows, s3_objects, subject_rows, zip_stream
from chalicelib.retention.repository.subject_rows import Place, readable
from chalicelib.retention.repository.zip_stream import Zip
from chalicelib.retention.rules import OBJECT_PREFIXES, TABLE_POLICIES
from chalicelib.retention.service import erasure_plan

log = logs.logger("retention")


def export_subject(request: str) -> None:
    """Make the export of a request, once; one whose worker died is begun anew.

    What is exported while its subject is erased is dropped again; of a shop, what is left of it is exported anew.
    """
    row = requests.get(request)
    if row.kind is not PrivacyKind.EXPORT or row.status is PrivacyStatus.COMPLETED:
        return
    progress = requests.progress_of(row)
    subject = Subject.parse(row.subject)
    try:
        whom = _named(erasure_plan.person(subject, progress))
        requests.move(row, replace(progress, order_ids=whom.names))
        bucket, key = s3_objects.bucket_name(Bucket.ARCHIVE), key_of(row, whom)
        counts = _made(row, whom, bucket, key)
        requests.complete(row, {"exported": counts, "key": key if counts else None})
    except Overtaken:
        log.info("stopped: another worker is ahead", extra={"request": request})
        return
    metrics.count("RequestsCompleted", kind=PrivacyKind.EXPORT.value)
    log.info("exported", extra={"request": request, "counts": counts})


def _made(row: PrivacyRequest, whom: SubjectContext, bucket: str, key: str) -> dict[str, int]:
    """Write the export; what it holds, by table. Nothing where its subject was erased since it was asked for."""
    while True:
        with zip_stream.writing(bucket, key) as file:
            counts = _write(file, whom)
        erased = _erased_since(row.created_at, whom)
        if not erased:
            return counts
        s3_objects.delete(bucket, [key])
        whom = replace(
            whom, apps=tuple(app for app in whom.apps if data_subjects.app(whom.subject.shop, app) not in erased)
        )
        if whom.subject.type is not SubjectType.SHOP or not whom.apps:
            return {}


def key_of(row: PrivacyRequest, whom: SubjectContext) -> str:
    """Where the export lies in the archive's bucket: below its subject's pseudonym, and its shop's."""
    folder = next(iter(subject_matching.folders(OBJECT_PREFIXES["exports/"], whom)))
    return f"{folder}{'whole/' if whom.subject.type is SubjectType.SHOP else ''}{row.id}.zip"


def _erased_since(asked_at: datetime, whom: SubjectContext) -> set[str]:
    """Of what the subject is known by, what was erased since the export was asked for: it may hold some of that."""
    names = erasure_plan.buried(whom)
    batches = (names[start : start + 100] for start in range(0, len(names), 100))
    return set().union(*(tombstones.erased_since(asked_at, *batch) for batch in batches))


def _named(whom: SubjectContext) -> SubjectContext:
    """The subject with all that it is known by."""
    for step in erasure_plan.names(whom.subject.type):
        told = {subject_matching.text(item, step.holding.alias_column) for item in _live(step.holding, whom)}
        whom = replace(whom, names=tuple(sorted({*whom.names, *filter(None, told)})))
    return whom


def _write(file: Zip, whom: SubjectContext) -> dict[str, int]:
    who, counts = whom.subject.type, {}
    files: set[str] = set()
    for holding in TABLE_POLICIES.values():
        if subject_matching.claims_of(holding, who):
            rows = _noting(holding, whom, files if who is not SubjectType.SHOP else None)
            counts[holding.name] = file.add_json(f"tables/{holding.name}.json", rows)
    for step in erasure_plan.archives(who):
        rows = (readable(step.holding.table, item) for item in _archived(step.holding, whom))
        counts[step.name] = file.add_json(f"{step.name}.json", rows)
    counts["objects"] = 0
    for url in [*sorted(files), *_in_folders(whom, files)]:
        file.add_bytes(f"files/{url.split('/', 3)[3]}", s3_objects.chunks(url))
        counts["objects"] += 1
    told = [{"made_at": clock.iso(clock.now()), "subject": str(whom.subject), "counts": counts}]
    file.add_json("contents.json", told)
    return {name: count for name, count in counts.items() if count}


def _live(holding: TablePolicy, whom: SubjectContext) -> Iterator[Item]:
    """The subject's rows of a table, each once."""
    claims = subject_matching.claims_of(holding, whom.subject.type)
    seen: set[str] = set()
    for claim in claims:
        at: Place | None = Place()
        while at is not None:
            found = subject_rows.find(holding, claim, whom, at, shared=True)
            for item in found.items:
                key = str(rows.key_of(holding.table, item))
                if key not in seen:
                    yield item
                if len(claims) > 1:
                    seen.add(key)
            at = found.following


def _noting(holding: TablePolicy, whom: SubjectContext, files: set[str] | None) -> Iterator[dict[str, object]]:
    """The rows as they are shown; where their objects are is noted, unless folders tell."""
    for item in _live(holding, whom):
        if files is not None:
            files |= {s3_objects.address(at) for at in subject_matching.stored_at(item, holding.object_columns)}
        yield readable(holding.table, subject_matching.without_others(holding, whom, item))


def _archived(holding: TablePolicy, whom: SubjectContext) -> Iterator[Item]:
    after: str | None = None
    while True:
        found, after = manifests.page(holding.name, after)
        for archive in found:
            if archive.status is ArchiveStatus.WRITTEN:
                continue  # its rows are in the table still, and it may not be there yet
            items, _ = manifests.read(archive)
            yield from (item for item in items if subject_matching.holds(holding, whom, item))
        if after is None:
            return


def _in_folders(whom: SubjectContext, beside: set[str]) -> Iterator[str]:
    """The subject's objects by folder, but for those named already."""
    for prefix in OBJECT_PREFIXES.values():
        if prefix.bucket is Bucket.IMAGES:
            bucket = s3_objects.bucket_name(prefix.bucket)
            judged = whom.subject.type in prefix.content_matched
            for folder in sorted(subject_matching.folders(prefix, whom)):
                for key in s3_objects.iterate(bucket, folder):
                    url = f"s3://{bucket}/{key}"
                    if url not in beside and (
                        not judged or subject_matching.mentions_subject(s3_objects.read_text(url) or "", whom)
                    ):
                        yield url
