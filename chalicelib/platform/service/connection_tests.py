"""Tests of a database before it is used, and changes of a connection whose server its owner runs. Uses SQL."""

from __future__ import annotations

from chalicelib.integrations.sql.errors import StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS
from chalicelib.kit import clock
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import (
    ConnectionNotChangeable,
    PrivilegeMissing,
    SchemaInUse,
    SharedServersFull,
)
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget
from chalicelib.platform.domain.server_requirements import has_privileges
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.errors import StoreNotProvisioned
from chalicelib.platform.models import Store
from chalicelib.platform.repository import database_states, integration_configs, store_schemas, store_tables
from chalicelib.platform.schemas.databases import (
    ConnectionRead,
    ConnectionTestRead,
    Database,
    OwnDatabase,
    SharedDatabase,
    SupabaseDatabase,
)
from chalicelib.platform.service import shared_servers, store_connections, supabase_projects
from chalicelib.platform.service.connection_counts import count_connection
from chalicelib.platform.service.job_runs import Postponed
from chalicelib.platform.service.provisioning_places import own_target
from chalicelib.platform.store_database.tables import TABLES

_NAMES = frozenset(table.name for table in TABLES)


def test_connection(store: Store, database: Database) -> ConnectionTestRead:
    """Test whether a database can hold the store, without a change.

    Raises TooManyRequests, SchemaInUse, and the errors of a server that cannot be used.
    """
    count_connection(store)
    version: str | None = None
    existing: list[str] = []
    if isinstance(database, SharedDatabase):
        if not any(server.capacity for server in shared_servers.list_shared_servers(store.region)):
            raise SharedServersFull
    elif isinstance(database, SupabaseDatabase):
        _check_supabase(database)
    else:
        version, existing = _inspect_server(store, own_target(database, store.id, ""))
    return ConnectionTestRead(type=database.type, version=version, existing_tables=existing, tested_at=clock.now())


def change_connection(store: Store, database: OwnDatabase) -> ConnectionRead:
    """Replace host, login or certificate of the store's connection; the next call uses them.

    The server must have the store's tables. Raises StoreNotProvisioned, ConnectionNotChangeable, TooManyRequests,
    SchemaInUse, and the errors of a server that cannot be used.
    """
    if store.database_type is None:
        raise StoreNotProvisioned
    place = integration_configs.load_place(store)
    target = own_target(database, store.id, "").without_login()
    if store.database_type is not database.type or target.schema != place.schema or store.active_job is not None:
        raise ConnectionNotChangeable
    count_connection(store)
    _require_tables(store, target)
    try:
        with Transaction() as transaction:
            database_states.stage_connection_change(transaction, store, database.host)
            integration_configs.stage_place(transaction, store.id, database.type, target.place())
    except WriteConflict as conflict:
        raise ConnectionNotChangeable("Another request changed the connection; try again.") from conflict
    return ConnectionRead(type=database.type, host=database.host, config_version=store.config_version + 1)


def _inspect_server(store: Store, target: ProvisioningTarget) -> tuple[str, list[str]]:
    """Return the server's version and the store's tables that exist. Raises PrivilegeMissing, SchemaInUse."""
    try:
        with store_connections.connect(target.admin, CALL_LIMITS) as connection:
            facts = store_schemas.read_server_facts(connection, target.dialect, target.schema)
            tables = store_tables.list_tables(connection, target.dialect, target.schema)
    except StatementFailed as error:
        raise Unavailable("The server does not answer the test's queries.") from error
    marks = [facts.schema_mark, *(table.mark for table in tables.values())]
    if any(mark is not None and mark.store_id != store.id for mark in marks):
        raise SchemaInUse
    if not has_privileges(facts):
        raise PrivilegeMissing
    return facts.version, sorted(_NAMES & tables.keys())


def _require_tables(store: Store, target: ProvisioningTarget) -> None:
    """Check that the login reads the tables of this store. Raises SchemaInUse, ConnectionNotChangeable."""
    place: StorePlace = target.place()
    try:
        with store_connections.connect(place.server, CALL_LIMITS) as connection:
            tables = store_tables.list_tables(connection, target.dialect, target.schema)
            connection.rollback()
            store_schemas.check_access(connection, place, sorted(_NAMES))
    except StatementFailed as error:
        raise ConnectionNotChangeable("The login cannot read the store's tables on this server.") from error
    if any(table.mark is not None and table.mark.store_id != store.id for table in tables.values()):
        raise SchemaInUse


def _check_supabase(database: SupabaseDatabase) -> None:
    try:
        supabase_projects.check_account(database)
    except Postponed as postponed:
        raise Unavailable("Supabase limits the rate of requests.", retry_after=postponed.delay.seconds) from postponed
