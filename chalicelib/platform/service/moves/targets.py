"""The target of a move or a restore: not the store's current place, and without rows in its tables."""

from __future__ import annotations

from chalicelib.integrations.sql.servers import Server
from chalicelib.platform.database_errors import SameDatabase, TargetNotEmpty
from chalicelib.platform.enums import JobKind
from chalicelib.platform.repository import integration_configs, store_tables
from chalicelib.platform.service import provisioning_places, provisioning_steps
from chalicelib.platform.service.job_runs import JobRun


def inspect_target(run: JobRun) -> None:
    """Compare the tables that exist at the job's place, and adopt those that fit.

    A move or a restore adopts empty tables only, and discards the position of an earlier attempt. Raises SchemaInUse,
    SchemaMismatch, SameDatabase, TargetNotEmpty.
    """
    if run.job.kind is JobKind.PROVISION:
        provisioning_steps.inspect_tables(run)
        return
    _require_other_place(run)
    provisioning_steps.inspect_tables(run)
    _require_empty(run)
    run.note(copied=None, compared=None)


def _require_other_place(run: JobRun) -> None:
    if run.store.database_type is None:
        return
    target, present = provisioning_places.get_target(run), integration_configs.load_place(run.store)
    if target.schema == present.schema and _identity(target.runtime) == _identity(present.server):
        raise SameDatabase


def _identity(server: Server) -> tuple[str, int, str, str]:
    """Return the values that identify a database. For a pooler, the user name's suffix names the project."""
    return server.host.lower(), server.port, server.database, server.username.partition(".")[2]


def _require_empty(run: JobRun) -> None:
    target = provisioning_places.get_target(run)
    adopted = (run.job.report or {}).get("adopted", [])
    connection = run.connect(target)
    with connection.begin():
        filled = [name for name in adopted if not store_tables.is_empty(connection, target.schema, name)]
    if filled:
        raise TargetNotEmpty(f"These tables have rows: {', '.join(filled)}.")
