"""Results over many days: experiments, and the computations after a site's midnight."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import SiteDayEnded
from chalicelib.analytics.schemas.experiments import ExperimentDue
from chalicelib.analytics.service import day_ends, experiment_results
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="analytics-close_site_day", batch_size=1, name="analytics-close_site_day")
@consumes(SiteDayEnded, layer="duckdb", reports_errors=False)
def close_site_day(message: SiteDayEnded) -> None:
    """Compute what depends on a site's ended day and on the days before."""
    day_ends.close_site_day(message.tenant, message.day)


@bp.on_sqs_message(queue="analytics-compute_experiment", batch_size=1, name="analytics-compute_experiment")
@consumes(ExperimentDue, layer="duckdb", reports_errors=False)
def compute_experiment(message: ExperimentDue) -> None:
    """Compute the results of an experiment."""
    experiment_results.compute_experiment(message.test_id)
