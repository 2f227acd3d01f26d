"""`/v1/together/sessions…`: sign-in, refresh, the member's signed-in devices."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts import signed_in_devices, tokens
from chalicelib.kit.accounts.errors import InvalidCredentials, SessionNotFound
from chalicelib.kit.accounts.schemas import SessionCreate, SessionRead, SessionRefresh, SessionTokensRead
from chalicelib.kit.accounts.sign_in import SignIn
from chalicelib.kit.http import ApiRequest, cookies, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, ShortListQuery
from chalicelib.kit.sessions import RefreshTokenReused, SessionEnded
from chalicelib.together.routes.cookies import COOKIES
from chalicelib.together.service import sessions
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/sessions", methods=["POST"])
@endpoint(bp, body=SessionCreate, returns=SessionTokensRead, status=201, errors=(InvalidCredentials,))
def sign_in(call: ApiRequest[None, SessionCreate]) -> Response:
    """Sign in with e-mail and password. Wrong and unknown ones have one answer."""
    headers, body = call.credentials.headers, call.body
    if body.cookie:
        cookies.require_page(headers)
    device_token = body.device_token or cookies.read_cookie(headers, tokens.DEVICE)
    request = SignIn(body.email, body.password, body.device_name, device_token, call.credentials.source_ip)
    return COOKIES.tokens_response(sessions.sign_in(request), 201, in_cookies=body.cookie)


@bp.route("/v1/together/sessions/refresh", methods=["POST"])
@endpoint(bp, body=SessionRefresh, returns=SessionTokensRead, errors=(SessionEnded, RefreshTokenReused))
def refresh(call: ApiRequest[None, SessionRefresh]) -> Response:
    """Return a new access token and the next refresh token."""
    from_body = call.body.refresh_token
    token = from_body or cookies.read_cookie(call.credentials.headers, tokens.REFRESH)
    if token is None:
        raise SessionEnded("Send `refresh_token`, or the cookie with the header `X-Backroom`.")
    return COOKIES.tokens_response(sessions.refresh(token), 200, in_cookies=from_body is None)


@bp.route("/v1/together/sessions", methods=["GET"])
@endpoint(bp, auth=member, query=ShortListQuery, returns=Page[SessionRead])
def list_sessions(call: ApiRequest[Member, None, ShortListQuery]) -> PageResult[SessionRead]:
    """List the signed-in devices, the last used one first."""
    return paginate_in_order(signed_in_devices.list_devices(call.principal), call.page, lambda row: row.id)


@bp.route("/v1/together/sessions", methods=["DELETE"])
@endpoint(bp, auth=member, status=204)
def end_other_sessions(call: ApiRequest[Member]) -> None:
    """Sign out every other device."""
    signed_in_devices.end_other_devices(call.principal)


@bp.route("/v1/together/sessions/{session_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, errors=(SessionNotFound,))
def end_session(call: ApiRequest[Member], session_id: str) -> Response | None:
    """Sign out a device; `current` is this one."""
    signed_in_devices.end_device(call.principal, session_id)
    return COOKIES.signed_out() if session_id in ("current", call.principal.session_id) else None
