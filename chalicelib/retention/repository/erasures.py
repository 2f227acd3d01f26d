"""Rows erased together with the note that they are: a request knows exactly what was done, whoever dies meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.kit import aws, unique_values
from chalicelib.kit.data_policy import CounterAdjustment, TablePolicy
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import THROTTLES, Table
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.domain.archive_pages import Item, batched_by_size
from chalicelib.retention.errors import Overtaken
from chalicelib.retention.models import PrivacyRequest
from chalicelib.retention.repository import requests
from chalicelib.retention.repository.requests import Progress
from chalicelib.retention.repository.rows import key_of, unchanged

TOGETHER = 20
"""Rows of one transaction, which takes 100 actions: a row has up to three guards and a counter."""
TOGETHER_BYTES = 1_000_000
"""Of the rows of one transaction, which takes 4 MB; each row is sent once, in its condition."""
_ATTEMPTS = 10


class Changed(Exception):
    """A row is not as it was read: read it again."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row as it was read, and what it becomes; None: nothing."""

    item: Item
    becomes: Item | None


def batches(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """As many changes as one transaction takes."""
    return batched_by_size(changes, lambda change: change.item, TOGETHER, TOGETHER_BYTES)


def erase(
    row: PrivacyRequest,
    progress: Progress,
    holding: TablePolicy,
    changes: list[Change],
    counted: CounterAdjustment | None,
) -> None:
    """Change these rows if each still is as it was read, with their guards and counters, and move the request on.

    Raises Changed, or Overtaken where another worker has moved the request; then nothing is done.
    """
    moved = row.get_update_kwargs_from_instance(actions=requests.moved(progress), condition=requests.unmoved(row))
    operations = [{"Update": moved}]
    operations += [_changed(holding.table, change) for change in changes]
    names = {name for change in changes if change.becomes is None for name in _guards(holding, change.item)}
    operations += [
        {"Delete": {"TableName": UniqueValue.Meta.table_name, "Key": {"guard": {"S": name}}}} for name in sorted(names)
    ]
    _commit(operations, list(_counters(counted, changes)))
    row.version += 1


def _commit(operations: list[dict[str, Any]], counters: list[dict[str, Any]]) -> None:
    """All of it at once; counters that are gone are left out."""
    client = aws.client("dynamodb")
    for attempt in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=operations + counters)
            return
        except client.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if codes[:1] == ["ConditionalCheckFailed"]:
                raise Overtaken("another worker is ahead") from error
            if "ConditionalCheckFailed" in codes[: len(operations)]:
                raise Changed from error
            if "ConditionalCheckFailed" in codes:
                counters = [
                    each for each, code in zip(counters, codes[len(operations) :], strict=True) if code == "None"
                ]
                continue
            if not {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"} & set(codes):
                raise
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in THROTTLES:
                raise
        time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise Unavailable("The store is busy with the same rows.")


def _changed(table: type[Table], change: Change) -> dict[str, Any]:
    condition = unchanged(table, change.item)
    name = {"TableName": table.Meta.table_name}
    if change.becomes is None:
        return {"Delete": {**name, "Key": key_of(table, change.item), **condition}}
    return {"Put": {**name, "Item": change.becomes, **condition}}


def _guards(holding: TablePolicy, item: Item) -> Iterator[str]:
    context, _, table = holding.name.partition("/")
    for field, *columns in holding.unique_values:
        held = [subject_matching.text(item, column) for column in columns]
        if None not in held:
            yield unique_values.value_key(context, table, field, *map(str, held))


def _counters(counted: CounterAdjustment | None, changes: list[Change]) -> Iterator[dict[str, Any]]:
    """The counters that go down with the rows, each once."""
    if counted is None:
        return
    totals: dict[str, Decimal] = {}
    for change in changes:
        key = subject_matching.text(change.item, counted.counter_key.strip("{}"))
        if key and not (
            counted.exclusion and subject_matching.text(change.item, counted.exclusion[0]) == counted.exclusion[1]
        ):
            held = (
                Decimal(subject_matching.text(change.item, counted.amount_column) or 0)
                if counted.amount_column
                else Decimal(1)
            )
            totals[key] = totals.get(key, Decimal(0)) - held / counted.divisor
    hash_key = counted.table.get_attributes()[counted.table._hash_keyname or ""].attr_name
    for key, total in totals.items():
        if total:
            yield {
                "Update": {
                    "TableName": counted.table.Meta.table_name,
                    "Key": {hash_key: {"S": key}},
                    "UpdateExpression": "ADD #counter :less",
                    "ConditionExpression": "attribute_exists(#key)",
                    "ExpressionAttributeNames": {"#counter": counted.counter_column, "#key": hash_key},
                    "ExpressionAttributeValues": {":less": {"N": format(total, "f")}},
                }
            }
