"""The results of experiments, computed from the distinct events of their days and set, never incremented.

A run reads every day of the experiment. It writes the assignments of subjects that were exposed on a day that changed since
the last result, then the result. If it crashes in between, the next run finds the same days changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.analytics.domain.experiments import outcome, subject_sql
from chalicelib.analytics.domain.experiments.outcome import Terms, VariantSums, stored_sum
from chalicelib.analytics.domain.local_days import milliseconds, moment_of
from chalicelib.analytics.enums import ExperimentStatus
from chalicelib.analytics.models import EventDay, Experiment, ExperimentAssignment, ExperimentVariant
from chalicelib.analytics.repository import assignments, experiments, lake
from chalicelib.analytics.retention import LAKES
from chalicelib.analytics.service.due_experiments import days_of, is_changed
from chalicelib.analytics.service.experiments import end_of
from chalicelib.integrations import duckdb_engine
from chalicelib.integrations.duckdb_engine import Database
from chalicelib.kit import clock, lakes, logs
from chalicelib.kit.errors import WriteConflict

[LAKE] = LAKES
_BATCH = 100

log = logs.logger("analytics")


def compute_experiment(test_id: str) -> None:
    """Set the results of a started experiment, unless a computation that began later has set them."""
    began_at = clock.now()
    row = experiments.find(test_id)
    if row is None or row.started_at is None:
        return
    variants = experiments.list_variants(test_id)
    sums = [VariantSums() for _ in variants]
    multiple = 0
    with duckdb_engine.open_database() as database:
        _load(database, row, len(variants), began_at)
        for batch in _batches(database.iterate(subject_sql.SUBJECTS)):
            multiple += _add_subjects(sums, batch)
            changed = [subject for subject in batch if subject["is_changed"]]
            assignments.put_changed(
                [_assignment(row, variants, subject) for subject in _not_erased(row.tenant, changed)]
            )
    try:
        _write(row, variants, sums, multiple, began_at)
    except WriteConflict:
        log.info("results not stored: a later computation has stored newer ones", extra={"test_id": test_id})


def _load(database: Database, row: Experiment, variant_count: int, now: datetime) -> None:
    """Load the exposures and conversions of each day into `experiment_events`."""
    end = end_of(row, now)
    database.create_table("experiment_events", subject_sql.COLUMNS)
    database.set_variables(
        {
            "test_id": row.test_id,
            "metric": row.metric,
            "variant_count": variant_count,
            "start_ms": milliseconds(row.started_at or end),
            "end_ms": milliseconds(end),
        }
    )
    for day in days_of(row, now):
        has_changed = day.oldest_part_at is not None or is_changed(day, row)
        database.set_variables({"day": day.day, "is_changed": has_changed})
        with database.temporary_view("day_events", subject_sql.DAY_COLUMNS, _day_files(row.tenant, day)):
            database.run(subject_sql.ADD_DAY)


def _day_files(tenant: str, day: EventDay) -> list[bytes]:
    """Return the parts of a day and its object, in this order: a part that is united after it was listed is in the object."""
    keys = lake.list_day(tenant, day.day)[1] if day.oldest_part_at is not None else []
    parts = [part for key in keys if (part := lake.read_part(key)) is not None]
    united = lake.find_day(tenant, day.day)
    return [*parts, united.content] if united else parts


def _add_subjects(sums: Sequence[VariantSums], subjects: Sequence[dict[str, Any]]) -> int:
    """Add the subjects to the sums of their variants; return the number of those that saw two."""
    multiple = 0
    for subject in subjects:
        if subject["is_excluded"]:
            multiple += 1
        else:
            sums[subject["position"]].add_subject(subject["amount"], is_converted=subject["is_converted"])
    return multiple


def _not_erased(tenant: str, subjects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the subjects that are not erased; one read call for each 100."""
    erased = lakes.erased_users(LAKE, tenant, [subject["subject"] for subject in subjects])
    return [subject for subject in subjects if subject["subject"] not in erased]


def _assignment(
    row: Experiment, variants: Sequence[ExperimentVariant], subject: dict[str, Any]
) -> ExperimentAssignment:
    assigned_at = moment_of(subject["first_ms"])
    return ExperimentAssignment(
        row.test_id,
        subject["subject"],
        variant=variants[subject["position"]].variant,
        is_excluded=subject["is_excluded"],
        assigned_at=assigned_at,
        expires_epoch=assigned_at + ExperimentAssignment.KEEP,
    )


def _write(
    row: Experiment,
    variants: Sequence[ExperimentVariant],
    sums: Sequence[VariantSums],
    multiple: int,
    began_at: datetime,
) -> None:
    """Set the sums of the variants and the outcome. Raises WriteConflict if a later computation has set them."""
    weights = {variant.variant: variant.weight for variant in variants}
    started_at = row.started_at or began_at
    terms = Terms(row.metric_kind, weights, started_at, row.status is ExperimentStatus.STOPPED)
    judged = outcome.evaluate(terms, sums, began_at)
    first, second, *_ = sums
    columns = {
        "variant_a_conversions": first.conversions,
        "variant_b_conversions": second.conversions,
        "variant_a_revenue": stored_sum(first.revenue),
        "variant_b_revenue": stored_sum(second.revenue),
        "multiple_exposures": multiple,
        "confidence_level": judged.confidence_level,
        "winner": judged.winner,
        "sample_ratio_p": judged.sample_ratio_p,
        "statistics": judged.statistics,
    }
    values = {
        variant.variant: {
            "exposures": each.exposures,
            "conversions": each.conversions,
            "revenue": stored_sum(each.revenue),
            "revenue_squares": stored_sum(each.revenue_squares),
        }
        for variant, each in zip(variants, sums, strict=True)
    }
    experiments.set_results(row, columns, values, began_at)


def _batches(subjects: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(subjects, _BATCH)):
        yield batch
