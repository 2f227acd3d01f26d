"""`/v1/platform/stores/{store_id}/storage…`: tests and changes of the bucket that holds a store's files."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner_or_operator
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.database_errors import StorageInUse, StorageRefused
from chalicelib.platform.schemas.storages import StorageInput, StorageRead, StorageTestRead
from chalicelib.platform.service.media import storages

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/storage/test", methods=["POST"])
@endpoint(bp, auth=owner_or_operator, body=StorageInput, returns=StorageTestRead, errors=(StorageRefused,))
def test_storage(call: ApiRequest[Account, StorageInput], store_id: str) -> StorageTestRead:
    """Test a bucket before a store uses it. Tests of databases and buckets count together: 10 an hour and store."""
    return storages.test_storage(call.principal, store_id, call.body.storage)


@bp.route("/v1/platform/stores/{store_id}/storage", methods=["PUT"])
@endpoint(bp, auth=owner_or_operator, body=StorageInput, returns=StorageRead, errors=(StorageRefused, StorageInUse))
def change_storage(call: ApiRequest[Account, StorageInput], store_id: str) -> StorageRead:
    """Set the bucket that holds a store's files, or replace its keys. It is tested first.

    A store that has files keeps its bucket: delete them first.
    """
    return storages.change_storage(call.principal, store_id, call.body.storage, call.credentials.source_ip)
