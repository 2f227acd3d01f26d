"""Objects of lakes with the events of a person: found by tenant and day, downloaded, replaced over the same version only."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.integrations import parquet
from chalicelib.kit import aws, lakes, table_schema
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.lakes import Lake
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.domain.row_ownership import SubjectContext
from chalicelib.retention.repository import s3_objects

UNDATED = "0"
"""Stands for the objects without days; sorted before every day."""
_CHUNK_BYTES = 1024 * 1024
_STALE = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


@dataclass(frozen=True, slots=True)
class LakePlace:
    """The progress through a lake: tenant, last completed day in it, last counted key. The field names are stored."""

    tenant: str = ""
    done: str = ""
    counted: str = ""


@dataclass(frozen=True, slots=True)
class LakeDay:
    """A tenant's day, or its objects without days, that may have events of the person."""

    tenant: str
    day: str
    folders: tuple[str, ...]

    @property
    def is_dated(self) -> bool:
        return self.day != UNDATED


@dataclass(frozen=True, slots=True)
class LakeObject:
    """A downloaded object, with its version (ETag)."""

    key: str
    version: str
    file: Path


def next_day(lake: Lake, context: SubjectContext, place: LakePlace) -> LakeDay | None:
    """Return the next day after a place that may have events of the person; None if there is none.

    These are a tenant's objects without days, then its days with parts and the days that the table names.
    """
    for tenant in _tenants(lake, context):
        if tenant < place.tenant:
            continue
        done = place.done if tenant == place.tenant else ""
        if not done and lake.undated_folders:
            folders = tuple(lakes.tenant_folder(folder, tenant) for folder in lake.undated_folders)
            return LakeDay(tenant, UNDATED, folders)
        days = [_next_day_with_parts(lake, tenant, done), _next_named_day(lake, tenant, str(context.id), done)]
        day = min(filter(None, days), default=None)
        if day is not None:
            return LakeDay(tenant, day, (lake.day_folder(tenant, day),))
    return None


def iterate_days(lake: Lake, context: SubjectContext) -> Iterator[LakeDay]:
    """Yield every day that may have events of the person."""
    day = next_day(lake, context, LakePlace())
    while day is not None:
        yield day
        day = next_day(lake, context, LakePlace(day.tenant, day.day))


@contextmanager
def download(lake: Lake, day: LakeDay) -> Iterator[list[LakeObject]]:
    """Download the objects of a day into a temporary folder; they are sorted by key.

    Raises WriteConflict if an object was deleted since it was listed: a computation has united it.
    """
    bucket, client = s3_objects.bucket_name(lake.bucket), aws.client("s3")
    with tempfile.TemporaryDirectory(prefix="lake-") as scratch:
        objects: list[LakeObject] = []
        for folder in day.folders:
            for key in s3_objects.iterate_keys(bucket, folder):
                file = Path(scratch) / f"{len(objects)}.parquet"
                try:
                    answer = client.get_object(Bucket=bucket, Key=key)
                except client.exceptions.NoSuchKey as error:
                    raise WriteConflict(f"{key} was deleted") from error
                with file.open("wb") as target:
                    target.writelines(answer["Body"].iter_chunks(_CHUNK_BYTES))
                objects.append(LakeObject(key, answer["ETag"], file))
        yield objects


def replace_object(lake: Lake, item: LakeObject, file: Path) -> None:
    """Replace an object by a file. Raises WriteConflict if the object has changed since it was downloaded."""
    client = aws.client("s3")
    try:
        with file.open("rb") as body:
            client.put_object(
                Bucket=s3_objects.bucket_name(lake.bucket),
                Key=item.key,
                Body=body,
                ContentType=parquet.MEDIA_TYPE,
                IfMatch=item.version,
            )
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _STALE:
            raise
        raise WriteConflict(f"{item.key} has changed") from error


def _tenants(lake: Lake, context: SubjectContext) -> list[str]:
    """Return the tenants that may have events of the person, sorted."""
    template = lake.persons.get(context.subject.type)
    has_id = template is not None and context.id is not None
    return sorted(row_ownership.fill_template(str(template), context)) if has_id else []


def _next_day_with_parts(lake: Lake, tenant: str, done: str) -> str | None:
    """Return the first day after `done` that has other objects than the one of its united events."""
    bucket, folder = s3_objects.bucket_name(lake.bucket), lakes.tenant_folder(lake.folder, tenant)
    after = lake.day_folder(tenant, done) + "~" if done > UNDATED else folder
    more = True
    while more:
        keys, more = s3_objects.list_page(bucket, folder, after)
        for key in keys:
            if not key.endswith(f"/{lakes.UNITED}"):
                return key.removeprefix(f"{folder}day=").partition("/")[0]
        after = keys[-1] if keys else after
    return None


def _next_named_day(lake: Lake, tenant: str, user: str, done: str) -> str | None:
    """Return the first day after `done` on which the table of days has a row of the person."""
    table = lake.days.table
    response = aws.client("dynamodb").query(
        TableName=table.Meta.table_name,
        KeyConditionExpression="#k = :k AND #d > :d",
        ExpressionAttributeNames={"#k": table_schema.hash_key(table), "#d": table_schema.range_key(table)},
        ExpressionAttributeValues={
            ":k": {"S": lake.days.key.format(tenant=tenant, id=user)},
            ":d": {"S": done or UNDATED},
        },
        Limit=1,
        ConsistentRead=True,
    )
    rows = response["Items"]
    return str(rows[0][table_schema.range_key(table)]["S"]) if rows else None
