"""Experiments and their variants. Results are set in one transaction, and never over those of a later computation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.analytics.enums import ExperimentStatus
from chalicelib.analytics.errors import ExperimentLimitReached, ExperimentNotFound
from chalicelib.analytics.models import Experiment, ExperimentVariant
from chalicelib.analytics.repository.event_days import SHARDS, shard_of
from chalicelib.kit import unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, get_many, readable_rows

MAX_RUNNING = 10
"""Of a site: each running experiment reads the site's days."""


def find(test_id: str) -> Experiment | None:
    """Return the experiment, read consistently, or None."""
    try:
        return Experiment.get(test_id, consistent_read=True)
    except Experiment.DoesNotExist:
        return None


def get(tenant: str, test_id: str) -> Experiment:
    """Return the tenant's experiment, read consistently. Raises ExperimentNotFound, also if another tenant has it."""
    row = find(test_id)
    if row is None or row.tenant != tenant:
        raise ExperimentNotFound
    return row


def list_variants(test_id: str) -> list[ExperimentVariant]:
    """Return the variants of an experiment, the control first."""
    return sorted(ExperimentVariant.query(test_id, consistent_read=True), key=lambda row: row.position)


def list_by_tenant(tenant: str, page: PageRequest) -> PageResult[Experiment]:
    """Return one page of a tenant's experiments, the latest first."""
    keys = Experiment.by_tenant.query(tenant, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    rows = get_many([(Experiment, (row.test_id,)) for row in keys])
    return PageResult([row for row in rows if row is not None], keys.last_evaluated_key)


def iterate_running() -> Iterator[str]:
    """Iterate over the ids of running experiments."""
    for shard in range(SHARDS):
        for row in readable_rows(Experiment.by_running.query(str(shard))):
            yield row.test_id


def add(row: Experiment, variants: Sequence[ExperimentVariant]) -> None:
    """Write a new experiment with its variants. Raises WriteConflict if it exists."""
    with Transaction() as transaction:
        transaction.add(row, otherwise=WriteConflict())
        for variant in variants:
            transaction.put(variant)


def start(row: Experiment, now: datetime, until: datetime) -> None:
    """Start a draft: take one of the site's places until `until`, at the latest.

    Raises ExperimentLimitReached if every place is taken, WriteConflict if the experiment or the place has changed.
    """
    place = next((name for name in _places(row.tenant) if unique_values.owner_of(name) is None), None)
    if place is None:
        raise ExperimentLimitReached
    with Transaction() as transaction:
        unique_values.claim(transaction, place, row.test_id, WriteConflict(), until)
        _stage_change(
            transaction,
            row,
            [
                Experiment.status.set(ExperimentStatus.RUNNING),
                Experiment.started_at.set(now),
                Experiment.running.set(shard_of(row.tenant)),
            ],
        )


def stop(row: Experiment, ended_at: datetime) -> None:
    """Stop a running experiment and free its place. Raises WriteConflict if it has changed."""
    with Transaction() as transaction:
        for name in _places(row.tenant):
            if unique_values.owner_of(name) == row.test_id:
                unique_values.release(transaction, name, row.test_id)
        _stage_change(
            transaction,
            row,
            [
                Experiment.status.set(ExperimentStatus.STOPPED),
                Experiment.ended_at.set(ended_at),
                Experiment.running.remove(),
            ],
        )


def set_coverage(row: Experiment, coverage: Decimal) -> None:
    """Set the share of subjects that take part. Raises WriteConflict if the experiment has changed."""
    with Transaction() as transaction:
        _stage_change(transaction, row, [Experiment.coverage.set(coverage)])


def set_results(
    row: Experiment, columns: Mapping[str, Any], sums: Mapping[str, Mapping[str, Any]], computed_at: datetime
) -> None:
    """Set the result columns of an experiment and of its variants.

    Raises WriteConflict if a computation that began later has set them.
    """
    is_first: Any = Experiment.computed_at.does_not_exist() | (Experiment.computed_at < computed_at)
    with Transaction() as transaction:
        actions = _actions(Experiment, {**columns, "computed_at": computed_at})
        transaction.update(Experiment(row.test_id), actions, Experiment.test_id.exists() & is_first, WriteConflict())
        for variant, values in sums.items():
            key = ExperimentVariant(row.test_id, variant)
            transaction.update(key, _actions(ExperimentVariant, {**values, "computed_at": computed_at}))


def _stage_change(transaction: Transaction, row: Experiment, actions: list[Action]) -> None:
    version = Experiment.version.set(row.version + 1)
    transaction.update(Experiment(row.test_id), [*actions, version], Experiment.version == row.version, WriteConflict())


def _actions(model: type[Experiment | ExperimentVariant], values: Mapping[str, Any]) -> list[Action]:
    actions: list[Action] = []
    for name, value in values.items():
        column = getattr(model, name)
        actions.append(column.remove() if value is None else column.set(value))
    return actions


def _places(tenant: str) -> list[str]:
    """Return the unique values of which each running experiment of a site has one."""
    return [unique_values.value_key("analytics", "ab_tests", "running", tenant, str(n)) for n in range(MAX_RUNNING)]
