"""The archive's files as an erasure meets them: read with their version, written anew only over that version."""

from __future__ import annotations

from chalicelib.integrations import parquet
from chalicelib.kit import aws, config, signing
from chalicelib.kit.tables import update_if
from chalicelib.retention.domain.archive_pages import ITEM, Item, cells, decode
from chalicelib.retention.errors import Postponed
from chalicelib.retention.models import Archive, RuleRun, RunStatus

AT_ONCE = 10


def demand_rest(rule: str) -> None:
    """Raise Postponed while a run of the rule is at work: it may hold rows that are on their way into the archive."""
    run = next(iter(RuleRun.query(rule, scan_index_forward=False, limit=1, consistent_read=True)), None)
    if run is not None and run.status is not RunStatus.COMPLETED:
        raise Postponed(f"a run of {rule} is at work")


def page(source_table: str, after: str | None) -> tuple[list[Archive], str | None]:
    """Manifests after this id, in order, and the id to go on from (None: no more)."""
    condition = Archive.archive_id > after if after else None
    found = list(Archive.query(source_table, condition, limit=AT_ONCE, consistent_read=True))
    return found, found[-1].archive_id if len(found) == AT_ONCE else None


def read(archive: Archive) -> tuple[list[Item], str]:
    """The rows of a file, and its version."""
    answer = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=archive.s3_key)
    return [decode(text) for text in parquet.read_texts(bytes(answer["Body"].read()), ITEM)], answer["ETag"]


def rewrite(archive: Archive, columns: dict[str, parquet.Kind], items: list[Item], version: str) -> bool:
    """Let the file hold these rows alone; False where somebody else has written it since `version`.

    The manifest goes first: the same rows make the same bytes, so that whoever dies in between is followed by one who
    finds the file as it was, and does the same again.
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
