"""Conditional batch deletes, rate-limited so that other writers keep capacity.

BatchWriteItem supports no conditions, and a transaction costs twice as much. A batch of 25 PartiQL DELETE statements
supports conditions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html. A
missing row is not an error; a failed condition is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from chalicelib.kit import aws, retries, tables
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import Item, batched_by_size
from chalicelib.retention.domain.rate_limiter import WriteRateLimiter
from chalicelib.retention.repository.rows import key_of, timestamp_attribute

Condition = tuple[str, list[dict[str, Any]]]
"""The text of a PartiQL condition, and the values of its question marks."""

BATCH = 25
"""Maximum statements per call."""
BATCH_BYTES = 4_000_000
"""Maximum bytes of the rows of one call; their conditions contain them."""
ON_DEMAND = 40_000
"""Write units per second of an on-demand table without its own maximum (Quotas in Amazon DynamoDB)."""
_ATTEMPTS = 10
_BUSY = {
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ThrottlingError",
    "TransactionConflict",
}
"""Codes of BatchStatementError that are retried."""


def write_limiter(table: type[Table], workers: int) -> WriteRateLimiter:
    """Return the limiter of one of several workers on a table, for the lowest capacity of the table and its indexes."""
    description = aws.client("dynamodb").describe_table(TableName=table.Meta.table_name)["Table"]
    on_demand = description.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    parts = [description, *description.get("GlobalSecondaryIndexes", ())]
    capacity = min(_on_demand_units(part) if on_demand else _provisioned_units(part) for part in parts)
    return WriteRateLimiter.for_worker(capacity, workers)


def _provisioned_units(part: dict[str, Any]) -> int:
    return int(part["ProvisionedThroughput"]["WriteCapacityUnits"])


def _on_demand_units(part: dict[str, Any]) -> int:
    max_units = int(part.get("OnDemandThroughput", {}).get("MaxWriteRequestUnits", -1))
    return max_units if max_units > 0 else ON_DEMAND


def delete_expired(rule: RetentionRule, cut_off: datetime, items: Iterable[Item], limiter: WriteRateLimiter) -> int:
    """Delete the rows that are still expired at the cut-off; return how many are gone. Raises Unavailable."""
    timestamp = timestamp_attribute(rule)
    condition = (f"{_quoted(timestamp.attr_name)} <= ?", [{timestamp.attr_type: timestamp.serialize(cut_off)}])
    return _delete_batches(rule.table, items, lambda _: condition, limiter)


def delete_unchanged(table: type[Table], items: Iterable[Item], limiter: WriteRateLimiter) -> int:
    """Delete the rows that are unchanged; return how many are gone, by this call or before it. Raises Unavailable."""
    known = [attribute.attr_name for attribute in table.get_attributes().values()]
    return _delete_batches(table, items, lambda item: _unchanged_condition(table, known, item), limiter)


def _unchanged_condition(table: type[Table], known: list[str], item: Item) -> Condition:
    key = key_of(table, item)
    content = {name: value for name, value in item.items() if name not in key}
    equal = [f"{_quoted(name)} = ?" for name in content]
    missing = [f"{_quoted(name)} IS MISSING" for name in known if name not in item]
    return " AND ".join(equal + missing), list(content.values())


def _delete_batches(
    table: type[Table], items: Iterable[Item], condition: Callable[[Item], Condition], limiter: WriteRateLimiter
) -> int:
    gone = 0
    for batch in batched_by_size(items, lambda item: item, BATCH, BATCH_BYTES):
        statements = [_statement(table, item, condition(item)) for item in batch]
        for _ in retries.attempts(_ATTEMPTS, 0.05):
            time.sleep(limiter.wait_seconds(time.monotonic()))
            busy, unmatched = _execute(statements, limiter)
            gone += len(statements) - len(busy) - unmatched
            if not busy:
                break
            statements = busy
        else:
            raise Unavailable("The database is throttling; the next attempt deletes the rest.")
    return gone


def _execute(statements: list[dict[str, Any]], limiter: WriteRateLimiter) -> tuple[list[dict[str, Any]], int]:
    """Execute the statements; return those to retry, and how many rows failed their condition."""
    client = aws.client("dynamodb")
    try:
        answer = client.batch_execute_statement(Statements=statements, ReturnConsumedCapacity="TOTAL")
    except client.exceptions.ClientError as error:
        if not tables.is_throttled(error):
            raise
        limiter.record_throttling()
        return statements, 0
    units = sum(used["CapacityUnits"] for used in answer.get("ConsumedCapacity", ()))
    limiter.record_use(max(units, len(statements)), time.monotonic())
    codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
    if unexpected := set(codes) - _BUSY - {None, "ConditionalCheckFailed"}:
        raise RuntimeError(f"DynamoDB rejected a delete: {', '.join(sorted(unexpected))}")
    busy = [statement for statement, code in zip(statements, codes, strict=True) if code in _BUSY]
    if busy:
        limiter.record_throttling()
    return busy, codes.count("ConditionalCheckFailed")


def _statement(table: type[Table], item: Item, condition: Condition) -> dict[str, Any]:
    key = key_of(table, item)
    text, parameters = condition
    where = " AND ".join(filter(None, [*(f"{_quoted(name)} = ?" for name in key), text]))
    return {
        "Statement": f"DELETE FROM {_quoted(table.Meta.table_name)} WHERE {where}",  # noqa: S608 - names are quoted
        "Parameters": [*key.values(), *parameters],
    }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
