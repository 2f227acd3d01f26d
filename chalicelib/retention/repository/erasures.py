"""Erases rows and updates the request's progress in one transaction, so that the counts are exact after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.kit import aws, retries, table_schema, unique_values
from chalicelib.kit.data_policy import TablePolicy
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.subject_queries import CounterAdjustment
from chalicelib.kit.tables import THROTTLES, Table
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.domain.archive_pages import Item, batched_by_size
from chalicelib.retention.domain.request_progress import RequestProgress
from chalicelib.retention.models import PrivacyRequest
from chalicelib.retention.repository import privacy_requests
from chalicelib.retention.repository.rows import key_of, unchanged

MAX_ROWS = 20
"""Rows per transaction, which has at most 100 actions: a row has up to three unique values and a counter."""
TOGETHER_BYTES = 1_000_000
"""Bytes of the rows of one transaction, which has at most 4 MB; its condition contains each row."""
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row as it was read, and its new content; None: delete the row."""

    item: Item
    new_item: Item | None


def batches(changes: Iterable[RowChange]) -> Iterator[list[RowChange]]:
    """Yield batches of changes that fit into one transaction."""
    return batched_by_size(changes, lambda change: change.item, MAX_ROWS, TOGETHER_BYTES)


def erase_rows(
    row: PrivacyRequest,
    progress: RequestProgress,
    policy: TablePolicy,
    changes: list[RowChange],
    counter: CounterAdjustment | None,
) -> None:
    """Change the rows if none has changed since it was read, with unique values and counters; save the progress.

    Raises WriteConflict, and changes nothing, if a row has changed or another worker has updated the request.
    """
    update = row.get_update_kwargs_from_instance(
        actions=privacy_requests.progress_actions(progress), condition=privacy_requests.is_unchanged(row)
    )
    operations = [{"Update": update}]
    operations += [_row_operation(policy.table, change) for change in changes]
    names = {name for change in changes if change.new_item is None for name in _unique_value_keys(policy, change.item)}
    operations += [
        {"Delete": {"TableName": UniqueValue.Meta.table_name, "Key": {"guard": {"S": name}}}} for name in sorted(names)
    ]
    _commit(operations, list(_counter_operations(counter, changes)))
    row.version += 1


def _commit(operations: list[dict[str, Any]], counters: list[dict[str, Any]]) -> None:
    """Execute the transaction; leave out counters that do not exist. Raises WriteConflict, Unavailable."""
    client = aws.client("dynamodb")
    for _ in retries.attempts(_ATTEMPTS, 0.05):
        try:
            client.transact_write_items(TransactItems=operations + counters)
            return
        except client.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if "ConditionalCheckFailed" in codes[: len(operations)]:
                raise WriteConflict("a row or the request has changed") from error
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
    raise Unavailable("Other transactions lock the rows; retry.")


def _row_operation(table: type[Table], change: RowChange) -> dict[str, Any]:
    condition = unchanged(table, change.item)
    name = {"TableName": table.Meta.table_name}
    if change.new_item is None:
        return {"Delete": {**name, "Key": key_of(table, change.item), **condition}}
    return {"Put": {**name, "Item": change.new_item, **condition}}


def _unique_value_keys(policy: TablePolicy, item: Item) -> Iterator[str]:
    context, _, table = policy.name.partition("/")
    for field, *columns in policy.unique_values:
        values = [row_ownership.column_text(item, column) for column in columns]
        if None not in values:
            yield unique_values.value_key(context, table, field, *map(str, values))


def _counter_operations(counter: CounterAdjustment | None, changes: list[RowChange]) -> Iterator[dict[str, Any]]:
    """Yield one update per counter that decreases with the deleted rows."""
    if counter is None:
        return
    totals: dict[str, Decimal] = {}
    for change in changes:
        key = row_ownership.column_text(change.item, counter.counter_key.strip("{}"))
        if key and not (
            counter.exclusion and row_ownership.column_text(change.item, counter.exclusion[0]) == counter.exclusion[1]
        ):
            amount = (
                Decimal(row_ownership.column_text(change.item, counter.amount_column) or 0)
                if counter.amount_column
                else Decimal(1)
            )
            totals[key] = totals.get(key, Decimal(0)) - amount / counter.divisor
    hash_key = table_schema.hash_key(counter.table)
    for key, total in totals.items():
        if total:
            yield {
                "Update": {
                    "TableName": counter.table.Meta.table_name,
                    "Key": {hash_key: {"S": key}},
                    "UpdateExpression": "ADD #counter :less",
                    "ConditionExpression": "attribute_exists(#key)",
                    "ExpressionAttributeNames": {"#counter": counter.counter_column, "#key": hash_key},
                    "ExpressionAttributeValues": {":less": {"N": format(total, "f")}},
                }
            }
