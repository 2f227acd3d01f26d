"""Rows of other contexts' tables that belong to a subject, found as their declarations say: by key, index, or scan."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.exceptions import AttributeDeserializationError

from chalicelib.kit import aws, tombstones
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

KEYS = 100
"""Rows that a query looks at, at most: what bounds a step."""
SCANNED = 1_000
TOGETHER = 10
"""Rows read at once by their keys: a row has up to 400 KB."""
_ATTEMPTS = 8
BY_KEY, BY_SCAN = "key", "scan"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim's rows are gone through: at which of its values, after which key."""

    value: int = 0
    after: Item | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Some of a claim's rows, read while they are gone through, and where to go on (None: nowhere)."""

    items: Iterator[Item]
    following: Place | None


def find(
    holding: TablePolicy, claim: SubjectQuery, person: SubjectContext, place: Place, *, shared: bool = False
) -> Found:
    """The subject's rows from a place on, at most those that one query leads to; `shared`: also those of others, too."""
    if not subject_matching.is_of_app(holding.app, person):
        return Found(iter(()), None)
    if not claim.via:
        items, following = _driven(holding.table, claim, person, place)
        return Found(_theirs(holding, claim, person, items), following)
    parents, following = _parents(claim, person, place)
    made = {subject_matching.value_through(claim, row) for row in parents}
    values = [value for value in sorted(filter(None, made)) if shared or not _is_anothers(claim, person, value)]
    return Found(_through(holding, claim, person, values), following)


def path(table: type[Table], column: str) -> str:
    """How rows are found by a column: BY_KEY, the name of an index, or BY_SCAN."""
    attributes = table.get_attributes()
    if attributes[table._hash_keyname or ""].attr_name == column:
        return BY_KEY
    for index in table._indexes.values():
        if index._hash_key_attribute().attr_name == column:
            return str(index.Meta.index_name)
    return BY_SCAN


def readable(table: type[Table], item: Item) -> dict[str, Any]:
    """The row as its subject may read it: without secrets of ours; what an earlier release wrote otherwise, as it lies."""
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


def _parents(claim: SubjectQuery, person: SubjectContext, place: Place) -> tuple[list[Item], Place | None]:
    """Rows of the table that a claim goes through. Its own claims are gone through one after the other."""
    holding = TABLE_POLICIES[claim.via]
    direct = [each for each in subject_matching.claims_of(holding, person.subject.type) if not each.via]
    drives = [(each, value) for each in direct for value in subject_matching.values(each.value, person)]
    if place.value >= len(drives):
        return [], None
    parent, value = drives[place.value]
    items, after = _page(holding.table, parent, person, value, place.after)
    found = [
        row for row in _theirs(holding, parent, person, items) if subject_matching.leads_further(holding, person, row)
    ]
    return found, _following(place, after, len(drives))


def _driven(
    table: type[Table], claim: SubjectQuery, person: SubjectContext, place: Place
) -> tuple[Iterator[Item], Place | None]:
    drives = subject_matching.values(claim.value, person)
    if place.value >= len(drives):
        return iter(()), None
    items, after = _page(table, claim, person, drives[place.value], place.after)
    return items, _following(place, after, len(drives))


def _following(place: Place, after: Item | None, drives: int) -> Place | None:
    if after is not None:
        return Place(place.value, after)
    return Place(place.value + 1) if place.value + 1 < drives else None


def _through(holding: TablePolicy, claim: SubjectQuery, person: SubjectContext, made: Sequence[str]) -> Iterator[Item]:
    for value in made:
        after: Item | None = None
        while True:
            items, after = _page(holding.table, claim, person, value, after)
            yield from _theirs(holding, claim, person, items)
            if after is None:
                break


def _theirs(holding: TablePolicy, claim: SubjectQuery, person: SubjectContext, items: Iterator[Item]) -> Iterator[Item]:
    for item in items:
        if subject_matching.is_of_app(holding.app, person, item) and _is_theirs(claim, person, item):
            yield item


def _is_theirs(claim: SubjectQuery, person: SubjectContext, item: Item) -> bool:
    stored = None
    if claim.owner and claim.owner.json_column:
        address = subject_matching.reference(subject_matching.text(item, claim.owner.json_column) or "")
        stored = s3_objects.read_text(address) if address else None
        if address and stored is None:
            return True  # only an erasure that died takes an object before its row
    return subject_matching.owns_row(claim.owner, person, item, stored)


def _page(
    table: type[Table], claim: SubjectQuery, person: SubjectContext, value: str, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    """The rows of one query or scan, whole and read consistently, and the key to go on from."""
    found = path(table, claim.column)
    if found == BY_SCAN or claim.contains:
        return _scan(table, claim, value, after)
    names, values = {"#c": claim.column}, {":v": {"S": value}}
    condition = "#c = :v"
    if claim.range_key:
        names["#r"] = table.get_attributes()[table._range_keyname or ""].attr_name
        values[":r"] = {"S": next(iter(subject_matching.values(claim.range_key, person)), "")}
        condition += " AND #r = :r"
    answer = aws.client("dynamodb").query(
        TableName=table.Meta.table_name,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        Limit=KEYS,
        **({"ConsistentRead": True} if found == BY_KEY else {"IndexName": found}),
        **({"ExclusiveStartKey": after} if after else {}),
    )
    if found == BY_KEY:
        return iter(answer["Items"]), answer.get("LastEvaluatedKey")
    keys = [key_of(table, item) for item in answer["Items"]]
    whole = (item for item in _whole(table, keys) if subject_matching.text(item, claim.column) == value)
    return whole, answer.get("LastEvaluatedKey")


def _scan(
    table: type[Table], claim: SubjectQuery, value: str, after: Item | None
) -> tuple[Iterator[Item], Item | None]:
    answer = aws.client("dynamodb").scan(
        TableName=table.Meta.table_name,
        FilterExpression="contains(#c, :v)" if claim.contains else "#c = :v",
        ExpressionAttributeNames={"#c": claim.column},
        ExpressionAttributeValues={":v": {"S": value}},
        Limit=SCANNED,
        ConsistentRead=True,
        **({"ExclusiveStartKey": after} if after else {}),
    )
    return iter(answer["Items"]), answer.get("LastEvaluatedKey")


def _is_anothers(claim: SubjectQuery, person: SubjectContext, value: str) -> bool:
    """Whether a row of somebody else leads there as well, who is not erased: of two who go at once, either takes it."""
    if not claim.other_owner:
        return False
    [column] = [name for name in TABLE_POLICIES[claim.via].table.get_attributes() if f"{{{name}}}" == claim.value]
    probe, after = SubjectQuery(claim.subject_type, column, value), None
    while True:
        items, after = _scan(TABLE_POLICIES[claim.via].table, probe, value, after)
        names = {
            claim.other_owner.format(**{name: subject_matching.text(item, name) for name in item}) for item in items
        }
        if any(not tombstones.is_erased(name) for name in names - {str(person.subject)}):
            return True
        if after is None:
            return False


def _whole(table: type[Table], keys: Sequence[Item]) -> Iterator[Item]:
    """The rows with these keys, a few at a time; those that are gone are left out."""
    name = table.Meta.table_name
    for start in range(0, len(keys), TOGETHER):
        asked: dict[str, Any] = {name: {"Keys": list(keys[start : start + TOGETHER]), "ConsistentRead": True}}
        for attempt in range(_ATTEMPTS):
            answer = aws.client("dynamodb").batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(name, [])
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                break
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
        else:
            raise Unavailable("The store is busy.")
