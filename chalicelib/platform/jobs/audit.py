"""Queue consumer of the audit log."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.audit import OperatorActed
from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.audit import PlatformChanged
from chalicelib.platform.service import audit

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-record_audit", batch_size=10, name="platform-record_audit")
@consumes(PlatformChanged, OperatorActed)
def record_audit(message: PlatformChanged | OperatorActed) -> None:
    """Store the entry of a change: one of platform, or an operator's in any context."""
    if isinstance(message, OperatorActed):
        audit.record_operator_action(message)
    else:
        audit.record_change(message)
