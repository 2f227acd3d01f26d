"""Raw items of other contexts' tables: expired rows, keys, columns, and the condition that a row is unchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from math import ceil, inf
from typing import Any

from pynamodb.attributes import Attribute

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import attributes, aws, logs, table_schema
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.metrics import ROWS_UNREADABLE
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import ITEM, ExpiredRow, Item, SegmentScan

log = logs.logger("retention")

SCAN_ROWS = 1_000
"""Maximum rows that one scan call reads; it also stops at 1 MB."""
SCAN_CALLS = 8
"""Maximum scan calls per page; with SCAN_ROWS it limits the memory of a step."""
PAGE_ROWS = 2_000
"""Maximum expired rows of a page, to the next scan call."""

_KINDS: dict[type[Attribute[Any]], Kind] = {
    attributes.BooleanAttribute: Kind.BOOLEAN,
    attributes.DateAttribute: Kind.DATE,
    attributes.DateTimeAttribute: Kind.MOMENT,
    attributes.DecimalAttribute: Kind.DECIMAL,
    attributes.ExpiryAttribute: Kind.EPOCH,
    attributes.IntegerAttribute: Kind.INTEGER,
}


def columns(table: type[Table]) -> dict[str, Kind]:
    """Return the columns of a table in the archive, the exact item last. Columns without a special type are text."""
    kinds = {name: _KINDS.get(type(attribute), Kind.TEXT) for name, attribute in table_schema.columns(table).items()}
    return kinds | {ITEM: Kind.TEXT}


def expired_page(rule: RetentionRule, scan: SegmentScan, units: float = inf) -> tuple[list[ExpiredRow], Item | None]:
    """Return a page of a segment's expired rows, and the last key that was read (None: no more).

    Reads are consistent: a stale read would return rows that the previous page has archived. The deletes of the page
    cost about `units` write units; the page has at least one row. Rows with an unreadable time are logged and skipped.
    """
    rows: list[ExpiredRow] = []
    after = scan.after
    for _ in range(SCAN_CALLS):
        answer = aws.client("dynamodb").scan(
            TableName=rule.table.Meta.table_name,
            Segment=scan.segment,
            TotalSegments=scan.segments,
            Limit=SCAN_ROWS,
            ConsistentRead=True,
            FilterExpression=_EXPIRED,
            **_expired_values(rule, scan.cut_off),
            **({"ExclusiveStartKey": after} if after else {}),
        )
        for item in answer["Items"]:
            if (moment := _moment(rule, item)) is None:
                continue
            rows.append(ExpiredRow(item, moment))
            units -= _units(rule.table, item)
            if units <= 0:
                return rows, key_of(rule.table, item)
        after = answer.get("LastEvaluatedKey")
        if after is None or len(rows) >= PAGE_ROWS:
            break
    return rows, after


def _moment(rule: RetentionRule, item: Item) -> datetime | None:
    """Return the time from which a row's lifetime counts, for a day its start in UTC; None if it is unreadable."""
    timestamp = timestamp_attribute(rule)
    try:
        moment: date = timestamp.deserialize(item[timestamp.attr_name][timestamp.attr_type])
    except (ValueError, KeyError):
        log.error("row skipped: its time is unreadable", extra={"rule": rule.name, "column": timestamp.attr_name})
        ROWS_UNREADABLE.count()
        return None
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), UTC)


def _units(table: type[Table], item: Item) -> int:
    """Return the write units of a delete: one per KB, for the row and for each index (DynamoDB, Read/write capacity)."""
    size = sum(len(name) + len(str(value)) for name, value in item.items())
    return ceil(size / 1024) * (1 + len(table._indexes))


_EXPIRED = "#timestamp <= :cut_off"


def _expired_values(rule: RetentionRule, cut_off: datetime) -> dict[str, Any]:
    timestamp = timestamp_attribute(rule)
    return {
        "ExpressionAttributeNames": {"#timestamp": timestamp.attr_name},
        "ExpressionAttributeValues": {":cut_off": {timestamp.attr_type: timestamp.serialize(cut_off)}},
    }


def timestamp_attribute(rule: RetentionRule) -> Attribute[datetime]:
    """Return the column with the time from which the lifetime counts."""
    return rule.table.get_attributes()[rule.timestamp_column]


def key_of(table: type[Table], item: Item) -> Item:
    """Return the key of an item."""
    return {name: item[name] for name in (table_schema.hash_key(table), table_schema.range_key(table)) if name}


def has_value(table: type[Table], item: Item, column: str) -> bool:
    """Return whether the row exists with the item's value of the column, read consistently."""
    answer = aws.client("dynamodb").get_item(
        TableName=table.Meta.table_name,
        Key=key_of(table, item),
        ConsistentRead=True,
        ProjectionExpression="#c",
        ExpressionAttributeNames={"#c": column},
    )
    return bool(answer.get("Item", {}).get(column) == item[column])


def unchanged(table: type[Table], item: Item) -> dict[str, Any]:
    """Return the condition that a row has these values and no other attributes of the table."""
    absent = [name for name in table_schema.columns(table) if name not in item]
    names = {f"#n{n}": name for n, name in enumerate([*item, *absent])}
    equal = [f"#n{n} = :v{n}" for n in range(len(item))]
    missing = [f"attribute_not_exists(#n{n})" for n in range(len(item), len(names))]
    return {
        "ConditionExpression": " AND ".join(equal + missing),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":v{n}": value for n, value in enumerate(item.values())},
    }
