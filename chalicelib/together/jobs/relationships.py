"""Queue consumers of relationships: settle a new or ended one, delete a member's rows of an ended one."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.together.schemas.messages import RelationshipSettled, RowsDeleted
from chalicelib.together.service import deletions, settlements

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-settle_relationship", batch_size=1, name="together-settle_relationship")
@consumes(RelationshipSettled)
def settle_relationship(message: RelationshipSettled) -> None:
    """Move credits to the ledger that the members have now, and notify the inviter of a new couple."""
    settlements.settle_relationship(message)


@bp.on_sqs_message(queue="together-delete_rows", batch_size=1, name="together-delete_rows")
@consumes(RowsDeleted)
def delete_rows(message: RowsDeleted) -> None:
    """Delete a member's rows of an ended relationship."""
    deletions.delete_rows(message)
