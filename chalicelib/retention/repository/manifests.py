"""Manifests and files of the archive, for erasures: read with a version, rewritten only over that version."""

from __future__ import annotations

from chalicelib.integrations import parquet
from chalicelib.kit import aws, config, signing
from chalicelib.kit.tables import update_if
from chalicelib.retention.domain.archive_pages import ITEM, Item, cells, decode_item
from chalicelib.retention.errors import Postponed
from chalicelib.retention.models import Archive, RuleRun, RunStatus

PAGE_SIZE = 10


def require_no_running_sweep(rule: str) -> None:
    """Raise Postponed while a run of the rule is in progress: it may be writing rows into the archive."""
    run = next(iter(RuleRun.query(rule, scan_index_forward=False, limit=1, consistent_read=True)), None)
    if run is not None and run.status is not RunStatus.COMPLETED:
        raise Postponed(f"a run of {rule} is in progress")


def list_page(source_table: str, after: str | None) -> tuple[list[Archive], str | None]:
    """Return manifests after this id, sorted, and the last id of the page (None: no more)."""
    condition = Archive.archive_id > after if after else None
    archives = list(Archive.query(source_table, condition, limit=PAGE_SIZE, consistent_read=True))
    return archives, archives[-1].archive_id if len(archives) == PAGE_SIZE else None


def read_file(archive: Archive) -> tuple[list[Item], str]:
    """Return the rows of a file, and its version (ETag)."""
    answer = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=archive.s3_key)
    return [decode_item(text) for text in parquet.read_texts(bytes(answer["Body"].read()), ITEM)], answer["ETag"]


def rewrite_file(archive: Archive, columns: dict[str, parquet.Kind], items: list[Item], version: str) -> bool:
    """Replace the rows of a file. Returns False if the file has changed since `version`.

    Writes the manifest first. Output is deterministic: if the worker crashes in between, the next one finds the old file
    and repeats the same write.
    """
    data = parquet.write(columns, (cells(item) for item in items))
    actions = [
        Archive.row_count.set(len(items)),
        Archive.byte_count.set(len(data)),
        Archive.sha256.set(signing.digest(data)),
    ]
    if not update_if(archive, actions, Archive.sha256 == archive.sha256):
        return False
    client = aws.client("s3")
    try:
        client.put_object(
            Bucket=config.settings().archive_bucket,
            Key=archive.s3_key,
            Body=data,
            ContentType=parquet.MEDIA_TYPE,
            IfMatch=version,
        )
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        return False
    return True
