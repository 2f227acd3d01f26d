"""Rows of other contexts' tables that belong to a subject, found by key, index or scan as the policies declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.exceptions import AttributeDeserializationError

from chalicelib.kit import aws, retries, table_schema, tombstones
from chalicelib.kit.attributes import SecretAttribute
from chalicelib.kit.data_policy import TablePolicy
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    DirectLookup,
    KeepWhileShared,
    SubjectQuery,
    ViaTable,
    placeholders,
)
from chalicelib.kit.tables import Table
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.row_ownership import LookupValue, SubjectContext
from chalicelib.retention.repository import s3_objects
from chalicelib.retention.repository.rows import key_of
from chalicelib.retention.rules import TABLE_POLICIES

QUERY_ROWS = 100
"""Maximum rows that one query reads, which limits the work of a step."""
SCAN_ROWS = 1_000
MAX_ROWS = 10
"""Maximum rows of one BatchGetItem; a row has up to 400 KB."""
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class QueryCursor:
    """The progress through a query's rows: the index of its value, and the last key."""

    value: int = 0
    after: Item | None = None


@dataclass(frozen=True, slots=True)
class SubjectRowPage:
    """A page of a query's rows, read on iteration, and the next cursor (None: no more)."""

    items: Iterator[Item]
    next_cursor: QueryCursor | None


def find_page(
    policy: TablePolicy, query: SubjectQuery, context: SubjectContext, cursor: QueryCursor, *, with_shared: bool = False
) -> SubjectRowPage:
    """Return the subject's rows from a cursor on, at most those of one query.

    `with_shared`: include rows that another subject owns as well.
    """
    if not row_ownership.is_app_in_scope(policy.app, context):
        return SubjectRowPage(iter(()), None)
    match query.lookup:
        case ViaTable() as via:
            parents, next_cursor = _parents(via, context, cursor)
            filled = {row_ownership.value_from_row(via, row) for row in parents}
            values = [
                value
                for value in sorted(value for value in filled if value and value.value)
                if with_shared or not _has_other_owner(query, via, context, value.value)
            ]
            return SubjectRowPage(_rows_via(policy, query, via.lookup, context, values), next_cursor)
        case lookup:
            items, next_cursor = _lookup_page(policy.table, lookup, context, cursor)
            return SubjectRowPage(_subject_rows(policy, query, context, items), next_cursor)


def readable_row(table: type[Table], item: Item) -> dict[str, Any]:
    """Return the row as its subject may read it, without our secrets. Values of an old format are returned raw."""
    known = {a.attr_name: (name, a) for name, a in table.get_attributes().items() if not isinstance(a, SecretAttribute)}
    read = {}
    for column, value in item.items():
        if column in known:
            name, attribute = known[column]
            [(kind, content)] = value.items()
            try:
                read[name] = attribute.deserialize(attribute.get_value(value))
            except (ValueError, TypeError, KeyError, AttributeDeserializationError):
                read[name] = content if kind in ("S", "N", "BOOL") else str(content)
    return read


def _parents(via: ViaTable, context: SubjectContext, cursor: QueryCursor) -> tuple[list[Item], QueryCursor | None]:
    """Return the subject's rows of the `via` table, and the next cursor. That table's queries run one after the other."""
    policy = TABLE_POLICIES[via.table]
    triples = [
        (query, lookup, value)
        for query, lookup in row_ownership.direct_lookups(policy, context.subject.type)
        for value in row_ownership.lookup_values(lookup, context)
    ]
    if cursor.value >= len(triples):
        return [], None
    query, lookup, value = triples[cursor.value]
    items, after = _page(policy.table, lookup, value, cursor.after)
    rows = [
        row for row in _subject_rows(policy, query, context, items) if row_ownership.leads_further(policy, context, row)
    ]
    return rows, _next_cursor(cursor, after, len(triples))


def _lookup_page(
    table: type[Table], lookup: DirectLookup, context: SubjectContext, cursor: QueryCursor
) -> tuple[Iterator[Item], QueryCursor | None]:
    values = row_ownership.lookup_values(lookup, context)
    if cursor.value >= len(values):
        return iter(()), None
    items, after = _page(table, lookup, values[cursor.value], cursor.after)
    return items, _next_cursor(cursor, after, len(values))


def _next_cursor(cursor: QueryCursor, after: Item | None, value_count: int) -> QueryCursor | None:
    if after is not None:
        return QueryCursor(cursor.value, after)
    return QueryCursor(cursor.value + 1) if cursor.value + 1 < value_count else None


def _rows_via(
    policy: TablePolicy,
    query: SubjectQuery,
    lookup: DirectLookup,
    context: SubjectContext,
    values: Sequence[LookupValue],
) -> Iterator[Item]:
    for value in values:
        after: Item | None = None
        while True:
            items, after = _page(policy.table, lookup, value, after)
            yield from _subject_rows(policy, query, context, items)
            if after is None:
                break


def _subject_rows(
    policy: TablePolicy, query: SubjectQuery, context: SubjectContext, items: Iterator[Item]
) -> Iterator[Item]:
    for item in items:
        if row_ownership.is_app_in_scope(policy.app, context, item) and _owns_row(query, context, item):
            yield item


def _owns_row(query: SubjectQuery, context: SubjectContext, item: Item) -> bool:
    stored = None
    if query.owner and query.owner.json_column:
        address = row_ownership.payload_address(row_ownership.column_text(item, query.owner.json_column) or "")
        stored = s3_objects.read_text(address) if address else None
        if address and stored is None:
            return True  # an erasure deleted the object and crashed before it deleted the row
    return row_ownership.owns_row(query.owner, context, item, stored)


def _page(
    table: type[Table], lookup: DirectLookup, value: LookupValue, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    """Return the complete rows of one query or scan, read consistently, and the last key that was read."""
    match lookup:
        case ByKey():
            return _query_by_key(table, lookup, value, after)
        case ByIndex():
            return _query_by_index(table, lookup, value.value, after)
        case ByScan():
            return _scan(table, lookup, value.value, after)


def _query_by_key(
    table: type[Table], lookup: ByKey, value: LookupValue, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    names, values = {"#c": lookup.column}, {":v": {"S": value.value}}
    condition = "#c = :v"
    if value.range_key:
        names["#r"] = table_schema.range_key(table)
        values[":r"] = {"S": value.range_key}
        condition += " AND #r = :r"
    response = aws.client("dynamodb").query(
        TableName=table.Meta.table_name,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        Limit=QUERY_ROWS,
        ConsistentRead=True,
        **({"ExclusiveStartKey": after} if after else {}),
    )
    return iter(response["Items"]), response.get("LastEvaluatedKey")


def _query_by_index(
    table: type[Table], lookup: ByIndex, value: str, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    """Return the rows whose keys are in the index, and the last key. Rows that have changed since are left out."""
    response = aws.client("dynamodb").query(
        TableName=table.Meta.table_name,
        IndexName=table_schema.index_by(table, lookup.column),
        KeyConditionExpression="#c = :v",
        ExpressionAttributeNames={"#c": lookup.column},
        ExpressionAttributeValues={":v": {"S": value}},
        Limit=QUERY_ROWS,
        **({"ExclusiveStartKey": after} if after else {}),
    )
    keys = [key_of(table, item) for item in response["Items"]]
    whole = (item for item in _whole(table, keys) if row_ownership.column_text(item, lookup.column) == value)
    return whole, response.get("LastEvaluatedKey")


def _scan(table: type[Table], lookup: ByScan, value: str, after: Item | None) -> tuple[Iterator[Item], Item | None]:
    response = aws.client("dynamodb").scan(
        TableName=table.Meta.table_name,
        FilterExpression="contains(#c, :v)" if lookup.contains else "#c = :v",
        ExpressionAttributeNames={"#c": lookup.column},
        ExpressionAttributeValues={":v": {"S": value}},
        Limit=SCAN_ROWS,
        ConsistentRead=True,
        **({"ExclusiveStartKey": after} if after else {}),
    )
    return iter(response["Items"]), response.get("LastEvaluatedKey")


def _has_other_owner(query: SubjectQuery, via: ViaTable, context: SubjectContext, value: str) -> bool:
    """Return whether the row is kept because another subject that is not erased owns the value as well.

    If both owners are erased concurrently, either erasure deletes the rows.
    """
    if not isinstance(query.action, KeepWhileShared):
        return False
    owners = TABLE_POLICIES[via.table].table
    [column] = placeholders(via.lookup.value)
    lookup, after = ByScan(column=column, value=value, reason=query.action.scan_reason), None
    while True:
        items, after = _scan(owners, lookup, value, after)
        names = {
            query.action.other_owner.format(**{name: row_ownership.column_text(item, name) for name in item})
            for item in items
        }
        if any(not tombstones.is_erased(name) for name in names - {str(context.subject)}):
            return True
        if after is None:
            return False


def _whole(table: type[Table], keys: Sequence[Item]) -> Iterator[Item]:
    """Yield the rows with these keys, in small batches; skip missing rows."""
    name = table.Meta.table_name
    for start in range(0, len(keys), MAX_ROWS):
        requests: dict[str, Any] = {name: {"Keys": list(keys[start : start + MAX_ROWS]), "ConsistentRead": True}}
        for _ in retries.attempts(_ATTEMPTS):
            response = aws.client("dynamodb").batch_get_item(RequestItems=requests)
            yield from response["Responses"].get(name, [])
            requests = response.get("UnprocessedKeys") or {}
            if not requests:
                break
        else:
            raise Unavailable("The database is throttling requests.")
