"""Queue consumer of the CSV transfers."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.transfers import TransferDue

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-transfer_rows", batch_size=1, name="platform-transfer_rows")
@consumes(TransferDue, layer="sql")
def transfer_rows(message: TransferDue) -> None:
    """Import or export rows for a minute, or to the end of an export, then queue the transfer again."""
    from chalicelib.platform.service.transfers import worker  # noqa: PLC0415 - its SQL libraries are a layer

    worker.transfer_rows(message)
