"""Where a job puts the store's tables: on a shared server, on the owner's, or in a Supabase project."""

from __future__ import annotations

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit import logs
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.platform.database_errors import PrivilegeMissing, SchemaInUse, SharedServersFull
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget, own_login, target_with_login
from chalicelib.platform.domain.server_requirements import ServerFacts, has_privileges
from chalicelib.platform.repository import store_schemas
from chalicelib.platform.schemas.databases import (
    Database,
    MysqlDatabase,
    PostgresqlDatabase,
    SharedDatabase,
    SupabaseDatabase,
)
from chalicelib.platform.schemas.settings import SharedServer
from chalicelib.platform.service import shared_servers, store_connections, supabase_projects
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.provisioning_details import LOGIN_SUFFIX

SERVER, HAS_LOGIN = "server", "has_login"
"""Names of notes: the chosen shared server; whether the job creates a login for the store, or has created it."""

log = logs.logger("platform")


def test_place(run: JobRun) -> None:
    """Test the requested connection, or choose the shared server with the fewest stores.

    Raises Postponed, and the problems of a server or project that cannot be used.
    """
    database = run.request.database
    if isinstance(database, SharedDatabase):
        _choose_shared_server(run)
    elif isinstance(database, SupabaseDatabase):
        supabase_projects.check_account(database)
    else:
        _check_facts(run, own_target(database, run.place_id, run.request.login_password))


def prepare_place(run: JobRun) -> None:
    """Create what is missing around the tables: project, schema, role or login. Raises Postponed, SchemaInUse."""
    database = run.request.database
    if isinstance(database, SupabaseDatabase):
        supabase_projects.ensure_project(run, database)
    target = _full_target(run)
    if isinstance(database, SharedDatabase):
        _prepare_shared(run, target)
        return
    facts = _check_facts(run, target)
    run.note(**{HAS_LOGIN: facts.may_create_login})  # before anything is created, so that a cancellation looks for it
    has_own_schema = target.dialect is Dialect.POSTGRESQL and _prepare_schema(run, target, facts)
    if facts.may_create_login and not _prepare_login(run, target, has_own_schema=has_own_schema):
        run.note(**{HAS_LOGIN: False})


def get_target(run: JobRun) -> ProvisioningTarget:
    """Return where the tables are created, once `prepare_place` has run."""
    if run.target is None:
        target = _full_target(run)
        has_login = target.role is not None or run.notes[HAS_LOGIN]
        run.target = target if has_login else target.without_login()
    return run.target


def find_target(run: JobRun) -> ProvisioningTarget | None:
    """Return where the job may have created a schema, a login or tables; None if it did not get that far."""
    database, notes = run.request.database, run.notes
    if isinstance(database, SharedDatabase):
        return _full_target(run) if SERVER in notes else None
    return get_target(run) if HAS_LOGIN in notes else None


def own_target(database: PostgresqlDatabase | MysqlDatabase, place_id: str, password: str) -> ProvisioningTarget:
    """Return the target on an owner's server, with a login for the store."""
    dialect = Dialect.MYSQL if isinstance(database, MysqlDatabase) else Dialect.POSTGRESQL
    admin = Server(
        dialect,
        database.host,
        database.port,
        database.database,
        database.username,
        database.password.get_secret_value(),
        database.ca_certificate,
    )
    schema = database.database if isinstance(database, MysqlDatabase) else database.schema_name
    login = own_login(place_id)
    return target_with_login(admin, schema, login, login, password)


def _full_target(run: JobRun) -> ProvisioningTarget:
    """Return the target with the store's login, whether it could be created or not."""
    database: Database = run.request.database
    if isinstance(database, SharedDatabase):
        server = shared_servers.find_shared_server(run.store.region, run.notes[SERVER])
        if server is None:
            raise SharedServersFull("The chosen shared server is no longer in use.")
        return shared_servers.shared_target(server, run.place_id)
    if isinstance(database, SupabaseDatabase):
        return supabase_projects.project_target(run, database)
    target = own_target(database, run.place_id, run.request.login_password)
    return target.with_login_suffix(run.request.details.get(LOGIN_SUFFIX, ""))


def _check_facts(run: JobRun, target: ProvisioningTarget) -> ServerFacts:
    """Return what the admin login sees. Raises PrivilegeMissing, SchemaInUse."""
    connection = run.connect(target)
    with connection.begin():
        facts = store_schemas.read_server_facts(connection, target.dialect, target.schema)
    if facts.schema_mark is not None and facts.schema_mark.store_id != run.store.id:
        raise SchemaInUse
    if not has_privileges(facts):
        raise PrivilegeMissing
    return facts


def _choose_shared_server(run: JobRun) -> None:
    """Note the server of the region with the fewest stores, unless one was noted. Raises SharedServersFull, Unavailable."""
    if SERVER in run.notes:
        return
    counts: list[tuple[int, str]] = []
    is_complete = True
    for server in shared_servers.list_shared_servers(run.store.region):
        count = _count_stores(server, run.place_id)
        if count is None:
            is_complete = False
        elif count < server.capacity:
            counts.append((count, server.name))
    if not counts:
        raise SharedServersFull if is_complete else Unavailable("No shared server answers.")
    run.note(**{SERVER: min(counts)[1]})


def _count_stores(server: SharedServer, place_id: str) -> int | None:
    """Return the number of stores on a shared server, or None if it does not answer or has no secret set."""
    try:
        with store_connections.connect(shared_servers.shared_target(server, place_id).admin) as connection:
            return store_schemas.count_shared_schemas(connection)
    except (Problem, StatementFailed, SettingMissing) as error:
        log.error("shared server skipped", extra={"server": server.name, "error": type(error).__name__})
        return None


def _prepare_shared(run: JobRun, target: ProvisioningTarget) -> None:
    """Create the store's schema and role on the shared server in one transaction. Raises SchemaInUse."""
    connection = run.connect(target)
    with connection.begin():
        store_schemas.lock_schemas(connection)
        facts = store_schemas.read_server_facts(connection, target.dialect, target.schema)
        if not facts.schema_exists:
            role = str(target.role)
            store_schemas.create_schema(connection, target.schema, run.mark)
            store_schemas.create_shared_role(connection, role, target.runtime.username)
            store_schemas.grant_schema(connection, target.schema, role)
            store_schemas.grant_later_tables(connection, target.schema, role)
        elif facts.schema_mark is None or facts.schema_mark.store_id != run.store.id:
            raise SchemaInUse


def _prepare_schema(run: JobRun, target: ProvisioningTarget, facts: ServerFacts) -> bool:
    """Create the schema if it is missing. Returns whether a job of this store created it. Raises SchemaInUse."""
    if not facts.schema_exists:
        connection = run.connect(target)
        with connection.begin():
            store_schemas.lock_schemas(connection)
            facts = store_schemas.read_server_facts(connection, target.dialect, target.schema)
            if not facts.schema_exists:
                store_schemas.create_schema(connection, target.schema, run.mark)
                return True
    if facts.schema_mark is not None and facts.schema_mark.store_id != run.store.id:
        raise SchemaInUse
    return facts.schema_mark is not None


def _prepare_login(run: JobRun, target: ProvisioningTarget, *, has_own_schema: bool) -> bool:
    """Create the store's login, which sees the schema only. Returns False if the server refuses it.

    In a schema that this store's jobs created it may also use later tables.
    """
    connection, login = run.connect(target), str(target.login)
    try:
        with store_schemas.statements(connection):
            store_schemas.set_login(connection, target.dialect, login, target.runtime.password)
            if target.dialect is Dialect.POSTGRESQL:
                store_schemas.grant_schema(connection, target.schema, login)
                if has_own_schema:
                    store_schemas.grant_later_tables(connection, target.schema, login)
    except StatementFailed as error:
        if error.reason is not FailureReason.PRIVILEGE:
            raise
        log.info("owner's login kept: the server allows no new login", extra={"store": run.store.id})
        return False
    return True
