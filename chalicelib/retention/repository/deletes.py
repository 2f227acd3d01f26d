"""Rows deleted in batches, each only if it still is what it was; at a pace that leaves capacity to others.

BatchWriteItem takes no conditions and a transaction costs twice. PartiQL's DELETE takes both a condition and 25
companions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html. A row that is
not there is no error; one that fails the condition is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from chalicelib.kit import aws, tables
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import Item, batched_by_size
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.repository.rows import counted, key_of

Condition = tuple[str, list[dict[str, Any]]]
"""The text of a PartiQL condition, and what its question marks stand for."""

BATCH = 25
"""Statements that one call takes."""
BATCH_BYTES = 4_000_000
"""Of the rows of one call: each is sent in its condition."""
ON_DEMAND = 40_000
"""Units a second that AWS grants an on-demand table which names no maximum of its own (Quotas in Amazon DynamoDB)."""
_ATTEMPTS = 10
_BUSY = {
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ThrottlingError",
    "TransactionConflict",
}
"""Errors of one statement that are worth another try (BatchStatementError)."""


def pace(table: type[Table], workers: int) -> WriteRateLimiter:
    """The pace of one of several workers on a table, by the write capacity of its scarcest part."""
    told = aws.client("dynamodb").describe_table(TableName=table.Meta.table_name)["Table"]
    on_demand = told.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    parts = [told, *told.get("GlobalSecondaryIndexes", ())]
    return WriteRateLimiter.of(min(_on_demand(part) if on_demand else _provisioned(part) for part in parts), workers)


def _provisioned(part: dict[str, Any]) -> int:
    return int(part["ProvisionedThroughput"]["WriteCapacityUnits"])


def _on_demand(part: dict[str, Any]) -> int:
    most = int(part.get("OnDemandThroughput", {}).get("MaxWriteRequestUnits", -1))
    return most if most > 0 else ON_DEMAND


def delete_expired(rule: RetentionRule, cut_off: datetime, items: Iterable[Item], pace: WriteRateLimiter) -> int:
    """Delete the rows that are still past the cut-off; how many of them are gone. Raises Unavailable."""
    counts = counted(rule)
    past = (f"{_name(counts.attr_name)} <= ?", [{counts.attr_type: counts.serialize(cut_off)}])
    return _delete(rule.table, items, lambda _: past, pace)


def delete_unchanged(table: type[Table], items: Iterable[Item], pace: WriteRateLimiter) -> int:
    """Delete the rows that are still exactly these; how many are gone, by this call or before it. Raises Unavailable."""
    known = [attribute.attr_name for attribute in table.get_attributes().values()]
    return _delete(table, items, lambda item: _unchanged(table, known, item), pace)


def _unchanged(table: type[Table], known: list[str], item: Item) -> Condition:
    key = key_of(table, item)
    content = {name: value for name, value in item.items() if name not in key}
    equal = [f"{_name(name)} = ?" for name in content]
    missing = [f"{_name(name)} IS MISSING" for name in known if name not in item]
    return " AND ".join(equal + missing), list(content.values())


def _delete(
    table: type[Table], items: Iterable[Item], condition: Callable[[Item], Condition], pace: WriteRateLimiter
) -> int:
    gone = 0
    for batch in batched_by_size(items, lambda item: item, BATCH, BATCH_BYTES):
        waiting = [_statement(table, item, condition(item)) for item in batch]
        for attempt in range(_ATTEMPTS):
            time.sleep(pace.wait(time.monotonic()))
            busy, kept = _sent(waiting, pace)
            gone += len(waiting) - len(busy) - kept
            if not busy:
                break
            waiting = busy
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        else:
            raise Unavailable("The store is busy; what is left is deleted later.")
    return gone


def _sent(statements: list[dict[str, Any]], pace: WriteRateLimiter) -> tuple[list[dict[str, Any]], int]:
    """The statements that the store was too busy for, and how many rows it kept as they are no longer the same."""
    client = aws.client("dynamodb")
    try:
        answer = client.batch_execute_statement(Statements=statements, ReturnConsumedCapacity="TOTAL")
    except client.exceptions.ClientError as error:
        if not tables.is_throttled(error):
            raise
        pace.throttled()
        return statements, 0
    told = sum(used["CapacityUnits"] for used in answer.get("ConsumedCapacity", ()))
    pace.spent(max(told, len(statements)), time.monotonic())
    codes = [told.get("Error", {}).get("Code") for told in answer["Responses"]]
    if others := set(codes) - _BUSY - {None, "ConditionalCheckFailed"}:
        raise RuntimeError(f"a delete was refused: {', '.join(sorted(others))}")
    busy = [statement for statement, code in zip(statements, codes, strict=True) if code in _BUSY]
    if busy:
        pace.throttled()
    return busy, codes.count("ConditionalCheckFailed")


def _statement(table: type[Table], item: Item, condition: Condition) -> dict[str, Any]:
    key = key_of(table, item)
    text, parameters = condition
    where = " AND ".join(filter(None, [*(f"{_name(name)} = ?" for name in key), text]))
    return {
        "Statement": f"DELETE FROM {_name(table.Meta.table_name)} WHERE {where}",  # noqa: S608 - names are quoted
        "Parameters": [*key.values(), *parameters],
    }


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
