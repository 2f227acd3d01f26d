"""`/v1/analytics/sites/{tenant}/experiments…`: experiments of a site and their results."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.analytics.schemas.experiments import (
    ActionName,
    ExperimentAction,
    ExperimentCreate,
    ExperimentRead,
    ExperimentResult,
)
from chalicelib.analytics.service import experiments
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/experiments", methods=["GET"])
@endpoint(bp, auth=reader, query=PageQuery, returns=Page[ExperimentRead])
def list_experiments(call: ApiRequest[Account, None, PageQuery], tenant: str) -> PageResult[ExperimentRead]:
    """List a site's experiments, the latest first."""
    return experiments.list_experiments(tenant, call.page)


@bp.route("/v1/analytics/sites/{tenant}/experiments", methods=["POST"])
@endpoint(bp, auth=manager, body=ExperimentCreate, returns=ExperimentResult, status=201)
def create_experiment(call: ApiRequest[Account, ExperimentCreate], tenant: str) -> ExperimentResult:
    """Create a draft of an experiment. The same content is the same experiment, so a retry creates no other."""
    experiment = experiments.add_experiment(tenant, call.body)
    _publish_action(call.principal, "create_experiment", tenant, experiment.test_id)
    return experiment


@bp.route("/v1/analytics/sites/{tenant}/experiments/{test_id}", methods=["GET"])
@endpoint(bp, auth=reader, returns=ExperimentResult)
def get_experiment(call: ApiRequest[Account], tenant: str, test_id: str) -> ExperimentResult:
    """Return an experiment and its variants with the last result. A running experiment is computed hourly."""
    return experiments.result(tenant, test_id)


@bp.route("/v1/analytics/sites/{tenant}/experiments/{test_id}", methods=["POST"])
@endpoint(bp, auth=manager, body=ExperimentAction, returns=ExperimentResult)
def change_experiment(call: ApiRequest[Account, ExperimentAction], tenant: str, test_id: str) -> ExperimentResult:
    """Start or stop an experiment. At its stop the results are computed once more, within minutes."""
    if call.body.action is ActionName.STOP:
        experiments.stop(tenant, test_id)
    else:
        if call.body.coverage is not None:
            experiments.set_coverage(tenant, test_id, call.body.coverage)
        experiments.start(tenant, test_id)
    _publish_action(call.principal, f"{call.body.action}_experiment", tenant, test_id)
    return experiments.result(tenant, test_id)


def _publish_action(account: Account, action: str, tenant: str, test_id: str) -> None:
    """Publish the action of an operator. A site's reader changes only what is its own."""
    if account.role is Role.OPERATOR:
        audit.publish_operator_action(account, f"analytics.{action}", tenant, test_id=test_id)
