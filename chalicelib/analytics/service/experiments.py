"""Experiments: create, start, stop and read them. Results are computed in `experiment_results`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.analytics.domain.events import canonical_json
from chalicelib.analytics.enums import ExperimentStatus, MetricKind
from chalicelib.analytics.errors import CoverageReduced, ExperimentNotStarted, ExperimentStopped
from chalicelib.analytics.models import Experiment, ExperimentVariant
from chalicelib.analytics.repository import experiments, sites
from chalicelib.analytics.schemas.experiments import (
    ExperimentCreate,
    ExperimentDue,
    ExperimentRead,
    ExperimentResult,
    VariantRead,
)
from chalicelib.kit import clock, ids, messages, retries
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult

MAX_DURATION = timedelta(days=90)
"""An experiment stops by itself after this time."""
LATE_SECONDS = 900
"""So long after its stop an experiment is computed once more, because of events that were in the queue."""
_PLACE_LIFETIME = MAX_DURATION + timedelta(days=1)
_NAMESPACE = "0b6d0a5c-3f53-4f0b-8a53-8c3f5b0f7d0e"


def create_experiment(
    tenant: str, name: str, metric: str, metric_kind: MetricKind, variants: Sequence[Mapping[str, Any]]
) -> str:
    """Create a draft for a tenant's site and return its id. Repeated, return the id of the same experiment.

    `variants` are {variant, weight in basis points, config}, the control first. Raises SiteNotFound, ValidationError
    (pydantic).
    """
    values = {"name": name, "metric": metric, "metric_kind": metric_kind, "variants": [dict(each) for each in variants]}
    return add_experiment(tenant, ExperimentCreate.model_validate(values)).test_id


def add_experiment(tenant: str, body: ExperimentCreate) -> ExperimentResult:
    """Create a draft, unless one with the same content exists, and return it. Raises SiteNotFound."""
    sites.get(tenant)
    document = body.model_dump(mode="json")
    test_id = ids.derived(_NAMESPACE, tenant, canonical_json(document))
    configs = [each.config for each in body.variants]
    namespace = body.namespace
    row = Experiment(
        test_id,
        tenant=tenant,
        shop=tenant.split(":")[1] if tenant.startswith("shop:") else None,
        test_name=body.name,
        metric=body.metric,
        metric_kind=body.metric_kind,
        status=ExperimentStatus.DRAFT,
        hash_seed=test_id,
        coverage=body.coverage,
        namespace=[namespace.name, str(namespace.start), str(namespace.end)] if namespace else None,
        variant_a_config=configs[0],
        variant_b_config=configs[1],
        created_at=clock.now(),
    )
    variants = [
        ExperimentVariant(test_id, each.variant, position=position, weight=each.weight, config=each.config)
        for position, each in enumerate(body.variants)
    ]
    try:
        experiments.add(row, variants)
    except WriteConflict:
        return result(tenant, test_id)
    return _result(row, variants)


def list_experiments(tenant: str, page: PageRequest) -> PageResult[ExperimentRead]:
    """Return one page of a tenant's experiments, the latest first."""
    return experiments.list_by_tenant(tenant, page).map(ExperimentRead.of)


def result(tenant: str, test: str) -> ExperimentResult:
    """Return an experiment with its last result. Raises ExperimentNotFound."""
    return _result(experiments.get(tenant, test), experiments.list_variants(test))


def start(tenant: str, test: str) -> None:
    """Start a draft; do nothing if it runs. Weights are frozen from now on.

    Raises ExperimentNotFound, ExperimentStopped, ExperimentLimitReached.
    """

    def write() -> None:
        row = experiments.get(tenant, test)
        if row.status is ExperimentStatus.STOPPED:
            raise ExperimentStopped
        if row.status is ExperimentStatus.DRAFT:
            now = clock.now()
            experiments.start(row, now, until=now + _PLACE_LIFETIME)

    retries.retry_conflicts(write)


def stop(tenant: str, test: str) -> None:
    """Stop a running experiment and have its results computed; if it is stopped, have them computed again.

    Raises ExperimentNotFound, ExperimentNotStarted.
    """

    def write() -> None:
        row = experiments.get(tenant, test)
        if row.status is ExperimentStatus.DRAFT:
            raise ExperimentNotStarted
        if row.status is ExperimentStatus.RUNNING:
            experiments.stop(row, end_of(row, clock.now()))

    retries.retry_conflicts(write)
    due = ExperimentDue(tenant=tenant, test_id=test)
    messages.publish(due)
    messages.publish(due, delay_seconds=LATE_SECONDS)


def set_coverage(tenant: str, test: str, coverage: Decimal) -> None:
    """Set the share of subjects that take part; that of a running experiment only grows, so that no subject leaves.

    Raises ExperimentNotFound, ExperimentStopped, CoverageReduced.
    """

    def write() -> None:
        row = experiments.get(tenant, test)
        if row.status is ExperimentStatus.STOPPED:
            raise ExperimentStopped
        if row.status is ExperimentStatus.RUNNING and coverage < row.coverage:
            raise CoverageReduced
        if coverage != row.coverage:
            experiments.set_coverage(row, coverage)

    retries.retry_conflicts(write)


def end_of(row: Experiment, now: datetime) -> datetime:
    """Return when a started experiment ended; `now` if it runs, but at most MAX_DURATION after its start."""
    if row.started_at is None:
        raise ExperimentNotStarted
    return min(row.ended_at or now, row.started_at + MAX_DURATION)


def _result(row: Experiment, variants: Sequence[ExperimentVariant]) -> ExperimentResult:
    columns = ExperimentRead.of(row).model_dump()
    return ExperimentResult(**columns, variants=[_variant_read(variant) for variant in variants])


def _variant_read(row: ExperimentVariant) -> VariantRead:
    """Return the columns of a variant; rate and mean are null without exposures."""
    count = row.exposures
    rates = {"conversion_rate": row.conversions / count, "mean": float(row.revenue / count)} if count else {}
    return VariantRead.of(row).model_copy(update=rates)
