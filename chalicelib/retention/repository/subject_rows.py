"""Rows of other contexts' tables that belong to a subject, found by key, index or scan as the policies declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.exceptions import AttributeDeserializationError

from chalicelib.kit import aws, retries, tombstones
from chalicelib.kit.attributes import SecretAttribute
from chalicelib.kit.data_policy import SubjectQuery, TablePolicy
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.tables import Table
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.subject_matching import SubjectContext
from chalicelib.retention.repository import s3_objects
from chalicelib.retention.repository.rows import key_of
from chalicelib.retention.rules import TABLE_POLICIES

QUERY_ROWS = 100
"""Maximum rows that one query reads, which limits the work of a step."""
SCAN_ROWS = 1_000
MAX_ROWS = 10
"""Maximum rows of one BatchGetItem; a row has up to 400 KB."""
_ATTEMPTS = 8
BY_KEY, BY_SCAN = "key", "scan"


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
    if not subject_matching.is_app_in_scope(policy.app, context):
        return SubjectRowPage(iter(()), None)
    if not query.via:
        items, next_cursor = _query_page(policy.table, query, context, cursor)
        return SubjectRowPage(_subject_rows(policy, query, context, items), next_cursor)
    parents, next_cursor = _parents(query, context, cursor)
    filled = {subject_matching.value_from_row(query, row) for row in parents}
    values = [
        value for value in sorted(filter(None, filled)) if with_shared or not _has_other_owner(query, context, value)
    ]
    return SubjectRowPage(_rows_via(policy, query, context, values), next_cursor)


def access_path(table: type[Table], column: str) -> str:
    """Return how rows are found by a column: BY_KEY, the name of an index, or BY_SCAN."""
    attributes = table.get_attributes()
    if attributes[table._hash_keyname or ""].attr_name == column:
        return BY_KEY
    for index in table._indexes.values():
        if index._hash_key_attribute().attr_name == column:
            return str(index.Meta.index_name)
    return BY_SCAN


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


def _parents(
    query: SubjectQuery, context: SubjectContext, cursor: QueryCursor
) -> tuple[list[Item], QueryCursor | None]:
    """Return rows of the query's `via` table, and the next cursor. That table's queries run one after the other."""
    policy = TABLE_POLICIES[query.via]
    direct = [each for each in subject_matching.queries_for(policy, context.subject.type) if not each.via]
    pairs = [(each, value) for each in direct for value in subject_matching.fill_template(each.value, context)]
    if cursor.value >= len(pairs):
        return [], None
    parent, value = pairs[cursor.value]
    items, after = _page(policy.table, parent, context, value, cursor.after)
    rows = [
        row
        for row in _subject_rows(policy, parent, context, items)
        if subject_matching.leads_further(policy, context, row)
    ]
    return rows, _next_cursor(cursor, after, len(pairs))


def _query_page(
    table: type[Table], query: SubjectQuery, context: SubjectContext, cursor: QueryCursor
) -> tuple[Iterator[Item], QueryCursor | None]:
    values = subject_matching.fill_template(query.value, context)
    if cursor.value >= len(values):
        return iter(()), None
    items, after = _page(table, query, context, values[cursor.value], cursor.after)
    return items, _next_cursor(cursor, after, len(values))


def _next_cursor(cursor: QueryCursor, after: Item | None, value_count: int) -> QueryCursor | None:
    if after is not None:
        return QueryCursor(cursor.value, after)
    return QueryCursor(cursor.value + 1) if cursor.value + 1 < value_count else None


def _rows_via(
    policy: TablePolicy, query: SubjectQuery, context: SubjectContext, values: Sequence[str]
) -> Iterator[Item]:
    for value in values:
        after: Item | None = None
        while True:
            items, after = _page(policy.table, query, context, value, after)
            yield from _subject_rows(policy, query, context, items)
            if after is None:
                break


def _subject_rows(
    policy: TablePolicy, query: SubjectQuery, context: SubjectContext, items: Iterator[Item]
) -> Iterator[Item]:
    for item in items:
        if subject_matching.is_app_in_scope(policy.app, context, item) and _owns_row(query, context, item):
            yield item


def _owns_row(query: SubjectQuery, context: SubjectContext, item: Item) -> bool:
    stored = None
    if query.owner and query.owner.json_column:
        address = subject_matching.payload_address(subject_matching.column_text(item, query.owner.json_column) or "")
        stored = s3_objects.read_text(address) if address else None
        if address and stored is None:
            return True  # an erasure deleted the object and crashed before it deleted the row
    return subject_matching.owns_row(query.owner, context, item, stored)


def _page(
    table: type[Table], query: SubjectQuery, context: SubjectContext, value: str, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    """Return the complete rows of one query or scan, read consistently, and the last key that was read."""
    access = access_path(table, query.column)
    if access == BY_SCAN or query.contains:
        return _scan(table, query, value, after)
    names, values = {"#c": query.column}, {":v": {"S": value}}
    condition = "#c = :v"
    if query.range_key:
        names["#r"] = table.get_attributes()[table._range_keyname or ""].attr_name
        values[":r"] = {"S": next(iter(subject_matching.fill_template(query.range_key, context)), "")}
        condition += " AND #r = :r"
    response = aws.client("dynamodb").query(
        TableName=table.Meta.table_name,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        Limit=QUERY_ROWS,
        **({"ConsistentRead": True} if access == BY_KEY else {"IndexName": access}),
        **({"ExclusiveStartKey": after} if after else {}),
    )
    if access == BY_KEY:
        return iter(response["Items"]), response.get("LastEvaluatedKey")
    keys = [key_of(table, item) for item in response["Items"]]
    whole = (item for item in _whole(table, keys) if subject_matching.column_text(item, query.column) == value)
    return whole, response.get("LastEvaluatedKey")


def _scan(
    table: type[Table], query: SubjectQuery, value: str, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    response = aws.client("dynamodb").scan(
        TableName=table.Meta.table_name,
        FilterExpression="contains(#c, :v)" if query.contains else "#c = :v",
        ExpressionAttributeNames={"#c": query.column},
        ExpressionAttributeValues={":v": {"S": value}},
        Limit=SCAN_ROWS,
        ConsistentRead=True,
        **({"ExclusiveStartKey": after} if after else {}),
    )
    return iter(response["Items"]), response.get("LastEvaluatedKey")


def _has_other_owner(query: SubjectQuery, context: SubjectContext, value: str) -> bool:
    """Return whether another subject that is not erased owns the value as well.

    If both owners are erased concurrently, either erasure deletes the rows.
    """
    if not query.other_owner:
        return False
    [column] = [name for name in TABLE_POLICIES[query.via].table.get_attributes() if f"{{{name}}}" == query.value]
    probe, after = SubjectQuery(query.subject_type, column, value), None
    while True:
        items, after = _scan(TABLE_POLICIES[query.via].table, probe, value, after)
        names = {
            query.other_owner.format(**{name: subject_matching.column_text(item, name) for name in item})
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
