"""Queue consumers and schedules of discounts."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.figure_exports import FigureExportRequested
from chalicelib.discounts.service import figure_exports
from chalicelib.kit.jobs import consumes

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="discounts-write_export", batch_size=1, name="discounts-write_export")
@consumes(FigureExportRequested, maximum_concurrency=2)
def write_export(message: FigureExportRequested) -> None:
    """Write the CSV file of an export of figures."""
    figure_exports.write_export(message)
