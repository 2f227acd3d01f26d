"""Queries in Amazon Athena. A query runs for minutes: start it, look at its state later, then read its rows."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from chalicelib.kit import aws, config

DATABASE = "backroom_archive"
"""The database of docs/athena.sql."""
_WORKGROUP = "primary"
_REASON_LENGTH = 500


class QueryFailed(Exception):
    """Athena refused a query, or it failed. The text is Athena's reason."""


class QueryState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"


def start_query(query: str, output: str, token: str) -> str:
    """Start a query whose result files go below `output` (`s3://bucket/prefix/`); return the execution's id.

    The same `token` (32 to 128 characters) starts it once. Raises QueryFailed if Athena refuses the query.
    """
    client = aws.client("athena")
    try:
        answer = client.start_query_execution(
            QueryString=query,
            ClientRequestToken=token,
            QueryExecutionContext={"Database": DATABASE},
            ResultConfiguration={"OutputLocation": output, "ExpectedBucketOwner": config.settings().account_id},
            WorkGroup=_WORKGROUP,
        )
    except client.exceptions.InvalidRequestException as error:
        raise QueryFailed(_reason(error.response["Error"].get("Message"))) from error
    return str(answer["QueryExecutionId"])


def query_state(execution: str) -> QueryState:
    """Return the state of a query. Raises QueryFailed if it failed or was cancelled."""
    status = aws.client("athena").get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
    if status["State"] in ("FAILED", "CANCELLED"):
        raise QueryFailed(_reason(status.get("StateChangeReason") or status["State"]))
    return QueryState.SUCCEEDED if status["State"] == "SUCCEEDED" else QueryState.RUNNING


def iterate_rows(execution: str) -> Iterator[dict[str, str | None]]:
    """Iterate over the rows of a query that succeeded, by column. Every value is text."""
    columns: list[str] = []
    for page in aws.client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=execution):
        for row in page["ResultSet"]["Rows"]:
            values = [cell.get("VarCharValue") for cell in row["Data"]]
            if columns:
                yield dict(zip(columns, values, strict=True))
            else:  # the first row of a SELECT holds the names of the columns
                columns = [str(value) for value in values]


def _reason(message: Any) -> str:
    return str(message or "no reason")[:_REASON_LENGTH]
