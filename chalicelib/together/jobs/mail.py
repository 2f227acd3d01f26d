"""The consumer that sends e-mails to members."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.together.schemas.messages import NotificationDue
from chalicelib.together.service import notice_delivery

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-send_notification", batch_size=1, name="together-send_notification")
@consumes(NotificationDue, maximum_concurrency=5)
def send_notification(message: NotificationDue) -> None:
    """Mail a notice."""
    notice_delivery.send_notice(message)
