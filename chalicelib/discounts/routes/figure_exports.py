"""`/v1/discounts/exports`: exports of figures to CSV files."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.figure_exports import FigureExportCreate, FigureExportRead
from chalicelib.discounts.service import figure_exports, measurement
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/discounts/exports", methods=["POST"])
@endpoint(bp, auth=merchant, body=FigureExportCreate, returns=FigureExportRead, status=202, idempotent="joined")
def request_export(call: ApiRequest[Merchant, FigureExportCreate]) -> FigureExportRead:
    """Request an export of figures; a job writes its file."""
    export = figure_exports.request_export(call.principal.shop, call.body, call.idempotency)
    measurement.note_use(call.principal, "exported")
    return export


@bp.route("/v1/discounts/exports/{export_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=FigureExportRead)
def get_export(call: ApiRequest[Merchant], export_id: str) -> FigureExportRead:
    """Return an export; a completed one has a link to its file, valid for 15 minutes."""
    return figure_exports.get_export(call.principal.shop, export_id)
