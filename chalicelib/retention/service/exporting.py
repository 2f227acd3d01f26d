"""Exporting what is held of a subject: one zip, with a JSON file a table and every picture, written as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.kit import clock, logs, metrics, subjects, tombstones
from chalicelib.kit.personal import Bucket, Holding
from chalicelib.kit.subjects import Subject, Who
from chalicelib.retention import belonging
from chalicelib.retention.belonging import Person
from chalicelib.retention.errors import Overtaken
from chalicelib.retention.models import ArchiveStatus, PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import manifests, objects, personal_rows, requests, rows, zips
from chalicelib.retention.repository.personal_rows import Place, readable
from chalicelib.retention.repository.zips import Zip
from chalicelib.retention.rules import HOLDINGS, PREFIXES
from chalicelib.retention.service import steps
from chalicelib.retention.slices import Item

log = logs.logger("retention")


def work(request: str) -> None:
    """Make the export of a request, once; one whose worker died is begun anew.

    What is exported while its subject is erased is dropped again; of a shop, what is left of it is exported anew.
    """
    row = requests.get(request)
    if row.kind is not PrivacyKind.EXPORT or row.status is PrivacyStatus.COMPLETED:
        return
    progress = requests.progress_of(row)
    subject = Subject.parse(row.subject)
    try:
        whom = _named(steps.person(subject, progress))
        requests.move(row, replace(progress, order_ids=whom.names))
        bucket, key = objects.bucket_name(Bucket.ARCHIVE), key_of(row, whom)
        counts = _made(row, whom, bucket, key)
        requests.complete(row, {"exported": counts, "key": key if counts else None})
    except Overtaken:
        log.info("stopped: another worker is ahead", extra={"request": request})
        return
    metrics.count("RequestsCompleted", kind=PrivacyKind.EXPORT.value)
    log.info("exported", extra={"request": request, "counts": counts})


def _made(row: PrivacyRequest, whom: Person, bucket: str, key: str) -> dict[str, int]:
    """Write the export; what it holds, by table. Nothing where its subject was erased since it was asked for."""
    while True:
        with zips.writing(bucket, key) as file:
            counts = _write(file, whom)
        erased = _erased_since(row.created_at, whom)
        if not erased:
            return counts
        objects.delete(bucket, [key])
        whom = replace(whom, apps=tuple(app for app in whom.apps if subjects.app(whom.subject.shop, app) not in erased))
        if whom.subject.who is not Who.SHOP or not whom.apps:
            return {}


def key_of(row: PrivacyRequest, whom: Person) -> str:
    """Where the export lies in the archive's bucket: below its subject's pseudonym, and its shop's."""
    folder = next(iter(belonging.folders(PREFIXES["exports/"], whom)))
    return f"{folder}{'whole/' if whom.subject.who is Who.SHOP else ''}{row.id}.zip"


def _erased_since(asked_at: datetime, whom: Person) -> set[str]:
    """Of what the subject is known by, what was erased since the export was asked for: it may hold some of that."""
    names = steps.buried(whom)
    batches = (names[start : start + 100] for start in range(0, len(names), 100))
    return set().union(*(tombstones.erased_since(asked_at, *batch) for batch in batches))


def _named(whom: Person) -> Person:
    """The subject with all that it is known by."""
    for step in steps.names(whom.subject.who):
        told = {belonging.text(item, step.holding.also) for item in _live(step.holding, whom)}
        whom = replace(whom, names=tuple(sorted({*whom.names, *filter(None, told)})))
    return whom


def _write(file: Zip, whom: Person) -> dict[str, int]:
    who, counts = whom.subject.who, {}
    files: set[str] = set()
    for holding in HOLDINGS.values():
        if belonging.claims_of(holding, who):
            rows = _noting(holding, whom, files if who is not Who.SHOP else None)
            counts[holding.name] = file.add_json(f"tables/{holding.name}.json", rows)
    for step in steps.archives(who):
        rows = (readable(step.holding.table, item) for item in _archived(step.holding, whom))
        counts[step.name] = file.add_json(f"{step.name}.json", rows)
    counts["objects"] = 0
    for url in [*sorted(files), *_in_folders(whom, files)]:
        file.add_bytes(f"files/{url.split('/', 3)[3]}", objects.chunks(url))
        counts["objects"] += 1
    told = [{"made_at": clock.iso(clock.now()), "subject": str(whom.subject), "counts": counts}]
    file.add_json("contents.json", told)
    return {name: count for name, count in counts.items() if count}


def _live(holding: Holding, whom: Person) -> Iterator[Item]:
    """The subject's rows of a table, each once."""
    claims = belonging.claims_of(holding, whom.subject.who)
    seen: set[str] = set()
    for claim in claims:
        at: Place | None = Place()
        while at is not None:
            found = personal_rows.find(holding, claim, whom, at, shared=True)
            for item in found.items:
                key = str(rows.key_of(holding.table, item))
                if key not in seen:
                    yield item
                if len(claims) > 1:
                    seen.add(key)
            at = found.following


def _noting(holding: Holding, whom: Person, files: set[str] | None) -> Iterator[dict[str, object]]:
    """The rows as they are shown; where their objects are is noted, unless folders tell."""
    for item in _live(holding, whom):
        if files is not None:
            files |= {objects.address(at) for at in belonging.stored_at(item, holding.objects)}
        yield readable(holding.table, belonging.without_others(holding, whom, item))


def _archived(holding: Holding, whom: Person) -> Iterator[Item]:
    after: str | None = None
    while True:
        found, after = manifests.page(holding.name, after)
        for archive in found:
            if archive.status is ArchiveStatus.WRITTEN:
                continue  # its rows are in the table still, and it may not be there yet
            items, _ = manifests.read(archive)
            yield from (item for item in items if belonging.holds(holding, whom, item))
        if after is None:
            return


def _in_folders(whom: Person, beside: set[str]) -> Iterator[str]:
    """The subject's objects by folder, but for those named already."""
    for prefix in PREFIXES.values():
        if prefix.bucket is Bucket.IMAGES:
            bucket = objects.bucket_name(prefix.bucket)
            judged = whom.subject.who in prefix.judged
            for folder in sorted(belonging.folders(prefix, whom)):
                for key in objects.iterate(bucket, folder):
                    url = f"s3://{bucket}/{key}"
                    if url not in beside and (not judged or belonging.mentions(objects.read_text(url) or "", whom)):
                        yield url
