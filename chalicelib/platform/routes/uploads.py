"""`/v1/store/uploads…`: files of a store. Callers upload and download them directly at the store's bucket."""

from __future__ import annotations

from chalicelib.kit.http import ApiRequest
from chalicelib.platform.database_errors import InvalidUpload, StorageNotConnected, StorageRefused, UploadIncomplete
from chalicelib.platform.errors import PlanLimitReached, RowNotFound
from chalicelib.platform.routes.store_blueprint import bp, store_endpoint
from chalicelib.platform.schemas.uploads import FileLinkRead, FileRead, UploadCreate, UploadRead
from chalicelib.platform.service.store_callers import StoreCaller, catalogue_reader, store_writer


@bp.route("/v1/store/uploads", methods=["POST"])
@store_endpoint(
    auth=store_writer,
    body=UploadCreate,
    returns=UploadRead,
    status=201,
    idempotent="claimed",
    errors=(PlanLimitReached, StorageNotConnected),
)
def create_upload(call: ApiRequest[StoreCaller, UploadCreate]) -> UploadRead:
    """Declare a file and get the request that uploads it to the store's bucket, with exactly the given headers.

    Its bytes count at once. An upload that is not completed within an hour is removed.
    """
    from chalicelib.platform.service.media import uploads  # noqa: PLC0415 - loads SQL

    return uploads.create_upload(call.principal, call.body, call.idempotency)


@bp.route("/v1/store/uploads/{row_id}", methods=["PUT"])
@store_endpoint(
    auth=store_writer,
    returns=FileRead,
    errors=(RowNotFound, UploadIncomplete, InvalidUpload, StorageNotConnected, StorageRefused),
)
def complete_upload(call: ApiRequest[StoreCaller], row_id: str) -> FileRead:
    """Complete an upload: the file becomes ready. If its size or type differs from the declaration, it is deleted."""
    from chalicelib.platform.service.media import uploads  # noqa: PLC0415 - loads SQL

    return uploads.complete_upload(call.principal, row_id)


@bp.route("/v1/store/uploads/{row_id}", methods=["GET"])
@store_endpoint(
    auth=catalogue_reader, returns=FileLinkRead, errors=(RowNotFound, UploadIncomplete, StorageNotConnected)
)
def get_file_link(call: ApiRequest[StoreCaller], row_id: str) -> FileLinkRead:
    """Return a file with a link that downloads it within 15 minutes."""
    from chalicelib.platform.service.media import uploads  # noqa: PLC0415 - loads SQL

    return uploads.get_file_link(call.principal, row_id)
