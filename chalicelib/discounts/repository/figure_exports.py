"""Exports of figures. Expired ones are not found."""

from __future__ import annotations

from pynamodb.expressions.update import Action

from chalicelib.discounts.enums import FigureExportStatus
from chalicelib.discounts.errors import FigureExportNotFound
from chalicelib.discounts.models import FigureExport
from chalicelib.kit import clock
from chalicelib.kit.tables import update_if


def find(shop: str, export_id: str) -> FigureExport | None:
    """Return the shop's export, read consistently; None if there is none or it has expired."""
    try:
        row = FigureExport.get(shop, export_id, consistent_read=True)
    except FigureExport.DoesNotExist:
        return None
    return row if row.expires_epoch > clock.now() else None


def get(shop: str, export_id: str) -> FigureExport:
    """Return the shop's export. Raises FigureExportNotFound."""
    row = find(shop, export_id)
    if row is None:
        raise FigureExportNotFound
    return row


def mark_completed(row: FigureExport, url: str, row_count: int) -> None:
    """Store the address of the file, unless the export was completed or deleted."""
    actions: list[Action] = [
        FigureExport.status.set(FigureExportStatus.COMPLETED),
        FigureExport.s3_key.set(url),
        FigureExport.row_count.set(row_count),
    ]
    update_if(FigureExport(row.shop, row.export_id), actions, FigureExport.status == FigureExportStatus.PENDING)
