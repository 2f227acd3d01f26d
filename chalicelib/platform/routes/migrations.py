"""`/v1/operator/platform/migrations…`: migrations of all stores, with a report, for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.platform.schemas.migrations import (
    MigrationRunCreate,
    MigrationRunRead,
    StoreMigrationQuery,
    StoreMigrationRead,
)
from chalicelib.platform.service import migrations

bp = Blueprint(__name__)


@bp.route("/v1/operator/platform/migrations", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=Page[MigrationRunRead])
def list_migration_runs(call: ApiRequest[Account, None, PageQuery]) -> PageResult[MigrationRunRead]:
    """List the runs, newest first."""
    return migrations.list_runs(call.page)


@bp.route("/v1/operator/platform/migrations", methods=["POST"])
@endpoint(bp, auth=operator, body=MigrationRunCreate, returns=MigrationRunRead, status=202)
def start_migration_run(call: ApiRequest[Account, MigrationRunCreate]) -> MigrationRunRead:
    """Migrate all stores to the revision of this version. While a run is running, another one is refused with 409."""
    return migrations.start_run(call.principal, is_canary=call.body.is_canary)


@bp.route("/v1/operator/platform/migrations/{run_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=MigrationRunRead)
def get_migration_run(call: ApiRequest[Account], run_id: str) -> MigrationRunRead:
    """Return a run with its counts of stores."""
    return migrations.get_run(run_id)


@bp.route("/v1/operator/platform/migrations/{run_id}/stores", methods=["GET"])
@endpoint(bp, auth=support, query=StoreMigrationQuery, returns=Page[StoreMigrationRead])
def list_store_migrations(
    call: ApiRequest[Account, None, StoreMigrationQuery], run_id: str
) -> PageResult[StoreMigrationRead]:
    """List the stores of a run with a status: by default those that failed, with the reason."""
    return migrations.list_store_migrations(run_id, call.query.status, call.page)


@bp.route("/v1/operator/platform/migrations/{run_id}/stop", methods=["POST"])
@endpoint(bp, auth=operator, returns=MigrationRunRead)
def stop_migration_run(call: ApiRequest[Account], run_id: str) -> MigrationRunRead:
    """Stop a run. Stores that have begun finish; the others stay as they are. Repeating it changes nothing."""
    return migrations.stop_run(call.principal, run_id)
