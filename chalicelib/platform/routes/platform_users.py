"""`/v1/operator/platform/users…`: accounts of owners and staff, for operators and support. Reads of one are audited."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit import audit
from chalicelib.kit.auth import Account, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.platform.schemas.platform_users import PlatformUserQuery, PlatformUserRead
from chalicelib.platform.service import platform_users

bp = Blueprint(__name__)


@bp.route("/v1/operator/platform/users", methods=["GET"])
@endpoint(bp, auth=support, query=PlatformUserQuery, returns=Page[PlatformUserRead])
def list_platform_users(
    call: ApiRequest[Account, None, PlatformUserQuery],
) -> PageResult[PlatformUserRead]:
    """List support or admins, or find the account of an e-mail address. A found account is audited."""
    result = platform_users.list_platform_users(call.query, call.page)
    if call.query.email is not None:
        for user in result.items:
            audit.publish_operator_action(call.principal, "platform.read_user", f"user:{user.id}")
    return result


@bp.route("/v1/operator/platform/users/{user_id}", methods=["GET"])
@endpoint(bp, auth=support, returns=PlatformUserRead)
def get_platform_user(call: ApiRequest[Account], user_id: str) -> PlatformUserRead:
    """Return the account of an owner, a support agent or an admin. The access is audited."""
    result = platform_users.get_platform_user(user_id)
    audit.publish_operator_action(call.principal, "platform.read_user", f"user:{user_id}")
    return result
