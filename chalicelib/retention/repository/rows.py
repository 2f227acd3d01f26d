"""Rows of other contexts' tables by their raw items: whatever a row holds is archived, and told by when it is changed."""

from __future__ import annotations

from datetime import datetime
from math import ceil, inf
from typing import Any

from pynamodb.attributes import Attribute

from chalicelib.integrations.parquet import Kind
from chalicelib.kit import attributes, aws, logs, metrics
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import ITEM, Expired, Item

log = logs.logger("retention")

SCAN_ROWS = 1_000
"""Rows that one scan call looks at, at most; it also stops at 1 MB."""
SCAN_CALLS = 8
"""Scan calls a page, at most: with the above, what bounds the memory of a step."""
PAGE_ROWS = 2_000
"""Expired rows after which a page is full."""

_KINDS: dict[type[Attribute[Any]], Kind] = {
    attributes.BooleanAttribute: Kind.BOOLEAN,
    attributes.DateAttribute: Kind.DATE,
    attributes.DateTimeAttribute: Kind.MOMENT,
    attributes.DecimalAttribute: Kind.DECIMAL,
    attributes.ExpiryAttribute: Kind.EPOCH,
    attributes.IntegerAttribute: Kind.INTEGER,
}


def columns(table: type[Table]) -> dict[str, Kind]:
    """The columns of a table's rows in the archive, the exact item last. What has no type of its own is text."""
    return {a.attr_name: _KINDS.get(type(a), Kind.TEXT) for a in table.get_attributes().values()} | {ITEM: Kind.TEXT}


def expired_page(
    rule: RetentionRule, cut_off: datetime, segment: int, segments: int, after: Item | None, units: float = inf
) -> tuple[list[Expired], Item | None]:
    """A page of a segment's rows whose time was over at the cut-off, and the key to go on from (None: no more).

    Read consistently: a stale read would show rows that the page before has archived. Their deletes take about so many
    write units, or there is one. A row whose moment cannot be read stays where it is, and is told of.
    """
    rows: list[Expired] = []
    for _ in range(SCAN_CALLS):
        answer = aws.client("dynamodb").scan(
            TableName=rule.table.Meta.table_name,
            Segment=segment,
            TotalSegments=segments,
            Limit=SCAN_ROWS,
            ConsistentRead=True,
            FilterExpression=_PAST,
            **_past(rule, cut_off),
            **({"ExclusiveStartKey": after} if after else {}),
        )
        for item in answer["Items"]:
            if (moment := _moment(rule, item)) is None:
                continue
            rows.append(Expired(item, moment))
            units -= _units(rule.table, item)
            if units <= 0:
                return rows, key_of(rule.table, item)
        after = answer.get("LastEvaluatedKey")
        if after is None or len(rows) >= PAGE_ROWS:
            break
    return rows, after


def _moment(rule: RetentionRule, item: Item) -> datetime | None:
    counts = counted(rule)
    try:
        moment: datetime = counts.deserialize(item[counts.attr_name][counts.attr_type])
    except (ValueError, KeyError):
        log.error("a row's moment cannot be read", extra={"rule": rule.name, "column": counts.attr_name})
        metrics.count("RowsUnreadable", rule=rule.name)
        return None
    return moment


def _units(table: type[Table], item: Item) -> int:
    """Write units that a delete takes: one a KB, for the row and for each index (Read/write capacity, DynamoDB)."""
    size = sum(len(name) + len(str(value)) for name, value in item.items())
    return ceil(size / 1024) * (1 + len(table._indexes))


_PAST = "#counts <= :cut_off"


def _past(rule: RetentionRule, cut_off: datetime) -> dict[str, Any]:
    counts = counted(rule)
    return {
        "ExpressionAttributeNames": {"#counts": counts.attr_name},
        "ExpressionAttributeValues": {":cut_off": {counts.attr_type: counts.serialize(cut_off)}},
    }


def counted(rule: RetentionRule) -> Attribute[datetime]:
    """The column whose moment counts for a rule."""
    return rule.table.get_attributes()[rule.timestamp_column]


def key_of(table: type[Table], item: Item) -> Item:
    """The item's key."""
    names = [table.get_attributes()[name].attr_name for name in (table._hash_keyname, table._range_keyname) if name]
    return {name: item[name] for name in names}


def unchanged(table: type[Table], item: Item) -> dict[str, Any]:
    """The condition that a row has these values, and none of the table's other attributes."""
    absent = [a.attr_name for a in table.get_attributes().values() if a.attr_name not in item]
    names = {f"#n{n}": name for n, name in enumerate([*item, *absent])}
    equal = [f"#n{n} = :v{n}" for n in range(len(item))]
    missing = [f"attribute_not_exists(#n{n})" for n in range(len(item), len(names))]
    return {
        "ConditionExpression": " AND ".join(equal + missing),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":v{n}": value for n, value in enumerate(item.values())},
    }
