"""A lake of events for tests: its declaration, its objects, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from chalicelib.integrations import parquet
from chalicelib.integrations.parquet import Kind
from chalicelib.kit import aws, clock, config, ids, lakes
from chalicelib.kit.data_policy import Bucket
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.lakes import Lake, PersonColumns, PersonDays
from chalicelib.retention import rules
from chalicelib.retention.models import Archive, ArchiveStatus
from chalicelib.retention.repository import s3_objects

COLUMNS = {
    "id": Kind.TEXT,
    "name": Kind.TEXT,
    "at_ms": Kind.INTEGER,
    "user_id": Kind.TEXT,
    "session_id": Kind.TEXT,
    "visitor": Kind.TEXT,
    "path": Kind.TEXT,
    "data": Kind.TEXT,
    "value": Kind.DECIMAL,
}
FIRSTS_COLUMNS = {"name": Kind.TEXT, "user_id": Kind.TEXT, "day": Kind.DATE}
MARKED_DAYS: list[tuple[str, str]] = []
"""The days that were marked as due, in order."""

SAMPLE = Lake(
    name="sample/events",
    bucket=Bucket.ARCHIVE,
    columns=PersonColumns(
        person="user_id",
        visit=("session_id", "visitor"),
        substitutes=("user_id", "session_id", "visitor"),
        emptied=("path", "ip_hash"),
        kept_keys={"data": ("test", "action")},
    ),
    days=PersonDays(Archive, "{tenant}#{id}"),  # any table with a text as its range key
    tenants={SubjectType.SHOP: "shop:{shop}:{app}", SubjectType.STORE: "store:{id}"},
    persons={
        SubjectType.MEMBER: "together",
        SubjectType.STORE: "platform",
        SubjectType.CUSTOMER: "shop:{shop}:{app}",
    },
    mark_due=lambda tenant, day: MARKED_DAYS.append((tenant, day)),
    lifetime=timedelta(days=731),
    transitions={"STANDARD_IA": 90, "GLACIER_IR": 365},
    undated=("firsts",),
)


def declare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the sample lake as the only one."""
    MARKED_DAYS.clear()
    monkeypatch.setattr("chalicelib.retention.domain.erasure_plan.LAKES", {SAMPLE.name: SAMPLE})
    for name in [name for name in rules.OBJECT_PREFIXES if name.startswith(lakes.ROOT)]:
        monkeypatch.delitem(rules.OBJECT_PREFIXES, name)
    for prefix in SAMPLE.object_prefixes:
        monkeypatch.setitem(rules.OBJECT_PREFIXES, prefix.prefix, prefix)


def event(user: str | None, **values: str | None) -> dict[str, str | None]:
    """Return an event with personal data, of a user or of nobody known."""
    owner = user or "nobody"
    row = {
        "id": ids.new(),
        "name": "opened",
        "at_ms": "1790000000000",
        "user_id": user,
        "session_id": f"session-of-{owner}",
        "visitor": f"visitor-of-{owner}",
        "path": f"/of/{owner}",
        "data": f'{{"action":"used","note":"of {owner}","test":"t1"}}',
        "value": "1.50",
    }
    return row | values


def put_events(tenant: str, day: str, *events: Mapping[str, str | None], name: str = lakes.UNITED) -> str:
    """Store events of a tenant's day in an object and return its key; the rows of united events name the day."""
    if name == lakes.UNITED:
        for user in {each["user_id"] for each in events} - {None}:
            name_day(tenant, str(user), day)
    return put(f"{SAMPLE.day_folder(tenant, day)}{name}", parquet.write(COLUMNS, events))


def put_firsts(tenant: str, *users: str) -> str:
    """Store the first days of a tenant's users."""
    rows = [{"name": "opened", "user_id": user, "day": "2026-10-01"} for user in users]
    [folder] = SAMPLE.undated_folders
    return put(f"{lakes.tenant_folder(folder, tenant)}firsts.parquet", parquet.write(FIRSTS_COLUMNS, rows))


def put(key: str, data: bytes) -> str:
    aws.client("s3").put_object(Bucket=config.settings().archive_bucket, Key=key, Body=data)
    return key


def name_day(tenant: str, user: str, day: str) -> None:
    """Store the row that says that a user has events on a day."""
    now = clock.now()
    numbers: dict[str, Any] = {"row_count": 0, "byte_count": 0, "oldest": now, "newest": now, "created_at": now}
    Archive(
        source_table=f"{tenant}#{user}",
        archive_id=day,
        s3_key="",
        sha256="",
        status=ArchiveStatus.PURGED,
        **numbers,
    ).save()


def objects() -> dict[str, bytes]:
    """Return every object of the lake by key."""
    bucket = config.settings().archive_bucket
    keys = s3_objects.iterate_keys(bucket, lakes.ROOT)
    return {key: aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def rows(data: bytes) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file as another program reads them."""
    with parquet.database() as (_, folder), duckdb.connect() as database:
        file = folder / "rows.parquet"
        file.write_bytes(data)
        answer = database.execute(f"SELECT * FROM read_parquet('{file}')")
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]


def everything() -> str:
    """Return all keys and rows of the lake as one text."""
    return "\n".join(f"{key} {rows(data)}" for key, data in objects().items())
