"""The statements of a policy for objects: the prefixes of what the code reaches, with the actions that it calls."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit import config
from chalicelib.kit.lakes import ROOT
from chalicelib.kit.payloads import STORED
from infra.deploy.packaging.import_scan import Requirements
from infra.deploy.packaging.statements import Statement, allow, object_arn

CALLS = {
    "GetObject": {"get_object", "head_object", "generate_presigned_url"},
    "PutObject": {"put_object", "generate_presigned_post", "create_multipart_upload"},
    "DeleteObject": {"delete_object", "delete_objects"},
    "AbortMultipartUpload": {"abort_multipart_upload"},
}
"""By action: the methods of S3's client that need it. The signer of a link needs the permission itself."""
IMAGES = {
    "discounts": ("changes/*", "figure-exports/*", "journals/*", "order-lines/*"),
    "platform": ("audit-values/*", "certificates/*", "job-reports/*"),
    "studio": ("uploads/*", "photos/*", "pictures/*", "previews/*", "finals/*", "watermarks/*", "examples/*"),
}
"""By context: prefixes of the images bucket that it uses in addition to `payloads/<context>/`."""
IMAGE_FOLDERS = {"chalicelib.platform.service.transfers.files": "transfers/*"}
"""Prefixes of the images bucket by module. Functions that reach the module may read, write and delete there."""
LAKES = {
    "chalicelib.analytics.repository.event_parts": "lake/analytics/*",
    "chalicelib.analytics.repository.lake": "lake/analytics/*",
}
"""By module: the prefix of the archive bucket that it reads, writes and deletes."""
ARCHIVE_READS = {
    "chalicelib.discounts.repository.archived_orders": "archive/discounts/order_usages/*",
    "chalicelib.platform.repository.backup_files": "backups/*",
}
"""By module: the prefix of the archive bucket that the functions that reach it read."""
ARCHIVE_WRITES = {"chalicelib.platform.service.backups.export": "backups/*"}
"""Prefixes of the archive bucket by module. Functions that reach the module may write there, in parts."""
ARCHIVE_FILES = ("chalicelib.retention.repository.archive_files", "chalicelib.retention.repository.manifests")
"""The modules that read and write the files of archived rows."""
EXPORT = "chalicelib.retention.service.export"
PAYLOADS = "chalicelib.kit.payloads"
STORAGE = "chalicelib.integrations.storage"
CLIENTS = (STORAGE, "chalicelib.integrations.multipart_uploads", "chalicelib.integrations.object_readers")
"""The modules that call S3 for any prefix."""
FOLDERS = "chalicelib.retention.repository.s3_objects"
EVERY_PREFIX = frozenset((FOLDERS, name) for name in ("delete_keys", "delete_object", "list_page", "read_text"))
"""Who reaches these works on the objects of every context: each declares its own prefixes."""


def bucket_statements(reached: Requirements) -> Iterator[Statement]:
    """Yield statements for buckets. Without ListBucket, S3 responds 403 for a missing object, not 404."""
    settings = config.settings()
    images, archive = settings.images_bucket, settings.archive_bucket
    yield from _objects(reached, (PAYLOADS,), [f"{images}/{STORED}/*"])
    has_all = bool(reached.definitions & EVERY_PREFIX)
    prefixes = ["*"] if has_all else _image_prefixes(reached)
    if prefixes or "head_bucket" in reached.identifiers_of():
        buckets = [images] + ([archive] if has_all or _lists_archive(reached) else [])
        yield allow("s3", ("ListBucket",), [object_arn(bucket) for bucket in buckets])
    elif _lists_archive(reached):
        yield allow("s3", ("ListBucket",), [object_arn(archive)])
    yield from _objects(reached, (*CLIENTS, FOLDERS), [f"{images}/{prefix}" for prefix in prefixes])
    yield from _archive(reached, has_all)


def _image_prefixes(reached: Requirements) -> list[str]:
    if STORAGE not in reached.modules:
        return []  # it stores large messages only
    found = [
        prefix for context in sorted(reached.contexts) for prefix in (*IMAGES.get(context, ()), f"payloads/{context}/*")
    ]
    return found + sorted(IMAGE_FOLDERS[module] for module in reached.modules & IMAGE_FOLDERS.keys())


def _lists_archive(reached: Requirements) -> bool:
    return bool(reached.modules & (LAKES.keys() | ARCHIVE_READS.keys())) or (
        "retention" in reached.contexts and STORAGE in reached.modules
    )


def _archive(reached: Requirements, has_all: bool) -> Iterator[Statement]:
    archive = config.settings().archive_bucket
    lakes = {f"{archive}/{LAKES[module]}" for module in reached.modules & LAKES.keys()}
    yield from _objects(reached, (*CLIENTS, *LAKES), sorted(lakes))
    reads = {ARCHIVE_READS[module] for module in reached.modules & ARCHIVE_READS.keys()}
    if "retention" in reached.contexts and (STORAGE, "presigned_get") in reached.definitions:
        reads.add("exports/*")
    if reads:
        yield allow("s3", ("GetObject",), [object_arn(f"{archive}/{prefix}") for prefix in sorted(reads)])
    for prefix in sorted(ARCHIVE_WRITES[module] for module in reached.modules & ARCHIVE_WRITES.keys()):
        yield allow("s3", ("PutObject", "AbortMultipartUpload"), [object_arn(f"{archive}/{prefix}")])
    yield from _objects(reached, ARCHIVE_FILES, [f"{archive}/archive/*"])
    if has_all:
        if EXPORT in reached.modules:
            yield allow("s3", ("PutObject", "AbortMultipartUpload"), [object_arn(f"{archive}/exports/*")])
        owned = [f"{archive}/{prefix}" for prefix in ("exports/*", "backups/*", f"{ROOT}*")]
        yield from _objects(reached, (STORAGE, FOLDERS, "chalicelib.retention.repository.lake_objects"), owned)


def _objects(reached: Requirements, modules: tuple[str, ...], paths: list[str]) -> Iterator[Statement]:
    """Yield the statement for the objects of these paths, with the actions that the modules' reached code calls."""
    called = reached.identifiers_of(*modules)
    actions = [action for action, methods in CALLS.items() if methods & called]
    if actions and paths:
        yield allow("s3", actions, [object_arn(path) for path in paths])
