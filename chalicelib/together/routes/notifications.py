"""`/v1/together/notifications`: the caller's notices."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.together.schemas.notifications import NotificationRead, NotificationsReadThrough, UnreadRead
from chalicelib.together.service import notifications
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/notifications", methods=["GET"])
@endpoint(bp, auth=member, query=PageQuery, returns=Page[NotificationRead])
def list_notifications(call: ApiRequest[Member, None, PageQuery]) -> PageResult[NotificationRead]:
    """List the caller's notices, newest first.

    Those of a relationship that is paused or has ended are left out, so a page may be short.
    """
    return notifications.list_notices(call.principal.user, call.page)


@bp.route("/v1/together/notifications", methods=["POST"])
@endpoint(bp, auth=member, body=NotificationsReadThrough, returns=UnreadRead)
def read_notifications(call: ApiRequest[Member, NotificationsReadThrough]) -> UnreadRead:
    """Mark the notices up to `read_through` as read and return the number of unread ones.

    Repeating the request changes nothing.
    """
    return UnreadRead(unread=notifications.read_through(call.principal.id, call.body.read_through))
