"""`/v1/platform/stores/{store_id}/database…`: tests and changes of a store's connection."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner_or_operator
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.domain.audit import CHANGED, Change
from chalicelib.platform.schemas.databases import ConnectionRead, ConnectionTestRead, DatabaseInput, OwnDatabaseInput
from chalicelib.platform.service import audit
from chalicelib.platform.service.store_access import get_accessible_store

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/database/test", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, body=DatabaseInput, returns=ConnectionTestRead, function="store")
def test_database(call: ApiRequest[Account, DatabaseInput], store_id: str) -> ConnectionTestRead:
    """Test a connection before a store uses it: 10 times an hour and store, 100 times an hour and owner."""
    from chalicelib.platform.service import connection_tests  # noqa: PLC0415 - its SQL libraries are a layer

    store = get_accessible_store(call.principal, store_id)
    return connection_tests.test_connection(store, call.body.database)


@bp.route("/v1/platform/stores/{store_id}/database", methods=["PUT"])
@endpoint(bp, auth=owner_or_operator, body=OwnDatabaseInput, returns=ConnectionRead, function="store")
def change_database(call: ApiRequest[Account, OwnDatabaseInput], store_id: str) -> ConnectionRead:
    """Change host, login or certificate of a store's own server. The next call of the data API uses them."""
    from chalicelib.platform.service import connection_tests  # noqa: PLC0415 - its SQL libraries are a layer

    store = get_accessible_store(call.principal, store_id)
    result = connection_tests.change_connection(store, call.body.database)
    change = Change(
        store.id,
        "platform.change_database",
        f"store:{store.id}",
        {"host": store.database_host, "password": ""},
        {"host": result.host, "password": CHANGED},
        frozenset({"password"}),
    )
    audit.publish_change(call.principal, change, call.credentials.source_ip)
    return result
