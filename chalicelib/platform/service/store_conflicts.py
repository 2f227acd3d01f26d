"""Which rows of a refused write have a value that another row has."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit.errors import Problem
from chalicelib.platform.domain.store_rows import Row, RowErrors, key_of
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.errors import RowAlreadyExists
from chalicelib.platform.models import Store
from chalicelib.platform.repository.store_rows import find_conflicts
from chalicelib.platform.service.store_calls import problem_of, run_transaction

Positioned = Sequence[tuple[int, Row]]
"""Whole rows of a request with their positions in it. Version 1 is a new row."""


def refusal_of(
    store: Store, schema: TableSchema, failure: StatementFailed, rows: Positioned, *, is_batch: bool
) -> Problem:
    """Return what the caller gets for a refused write of these rows: for a repeated value, with each row's error."""
    if failure.reason is not FailureReason.UNIQUE or not rows:
        return problem_of(failure)
    errors = RowErrors(is_batch)
    stored = run_transaction(store, lambda transaction: find_conflicts(transaction, schema, [row for _, row in rows]))
    for position, row in rows:
        for names, owners in stored.items():
            owner = owners.get(tuple(row[name] for name in names))
            if owner is not None and (row["version"] == 1 or owner != key_of(schema, row)):
                errors.add(position, names[-1], "another row has this value")
    return RowAlreadyExists(errors=errors.items)
