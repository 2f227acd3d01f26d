"""`/v1/platform/sessions…`: sign-in of owners and staff, refresh, sign-out, an owner's signed-in devices."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts import sign_in, signed_in_devices, tokens
from chalicelib.kit.accounts.errors import (
    CodeRequired,
    InvalidCode,
    InvalidCredentials,
    SecondFactorMissing,
    SessionNotFound,
)
from chalicelib.kit.accounts.schemas import SessionRead, SessionRefresh, SessionTokensRead
from chalicelib.kit.accounts.sign_in import SignIn
from chalicelib.kit.http import ApiRequest, cookies, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, ShortListQuery
from chalicelib.kit.sessions import RefreshTokenReused, SessionEnded
from chalicelib.platform.routes.cookies import COOKIES
from chalicelib.platform.schemas.accounts import PlatformSessionCreate
from chalicelib.platform.service import sessions
from chalicelib.platform.service.auth import Owner, account_owner
from chalicelib.platform.service.realm import REALM

bp = Blueprint(__name__)

_REFUSALS = (InvalidCredentials, CodeRequired, InvalidCode, SecondFactorMissing)


@bp.route("/v1/platform/sessions", methods=["POST"])
@endpoint(bp, body=PlatformSessionCreate, returns=SessionTokensRead, status=201, errors=_REFUSALS)
def sign_in_account(call: ApiRequest[None, PlatformSessionCreate]) -> Response:
    """Sign in with e-mail and password, and staff with a code of their authenticator app."""
    headers, body = call.credentials.headers, call.body
    if body.cookie:
        cookies.require_page(headers)
    device_token = body.device_token or cookies.read_cookie(headers, tokens.DEVICE)
    request = SignIn(
        body.email, body.password, body.device_name, device_token, call.credentials.source_ip, code=body.code
    )
    return COOKIES.tokens_response(sign_in.sign_in(REALM, request), 201, in_cookies=body.cookie)


@bp.route("/v1/platform/sessions/refresh", methods=["POST"])
@endpoint(bp, body=SessionRefresh, returns=SessionTokensRead, errors=(SessionEnded, RefreshTokenReused))
def refresh_session(call: ApiRequest[None, SessionRefresh]) -> Response:
    """Return a new access token and the next refresh token."""
    tokens_read = signed_in_devices.refresh(REALM, _refresh_token(call))
    return COOKIES.tokens_response(tokens_read, 200, in_cookies=call.body.refresh_token is None)


@bp.route("/v1/platform/sessions/revoke", methods=["POST"])
@endpoint(bp, body=SessionRefresh, status=204, errors=(SessionEnded,))
def revoke_session(call: ApiRequest[None, SessionRefresh]) -> Response:
    """Sign out by the refresh token (revocation, RFC 7009), also with an access token that has expired."""
    sessions.revoke_token(_refresh_token(call))
    return COOKIES.signed_out()


@bp.route("/v1/platform/sessions", methods=["GET"])
@endpoint(bp, auth=account_owner, query=ShortListQuery, returns=Page[SessionRead])
def list_sessions(call: ApiRequest[Owner, None, ShortListQuery]) -> PageResult[SessionRead]:
    """List the signed-in devices, the last used one first."""
    return paginate_in_order(signed_in_devices.list_devices(call.principal), call.page, lambda row: row.id)


@bp.route("/v1/platform/sessions", methods=["DELETE"])
@endpoint(bp, auth=account_owner, status=204)
def end_other_sessions(call: ApiRequest[Owner]) -> None:
    """Sign out every other device."""
    signed_in_devices.end_other_devices(call.principal)


@bp.route("/v1/platform/sessions/{session_id}", methods=["DELETE"])
@endpoint(bp, auth=account_owner, status=204, errors=(SessionNotFound,))
def end_session(call: ApiRequest[Owner], session_id: str) -> Response | None:
    """Sign out a device; `current` is this one."""
    signed_in_devices.end_device(call.principal, session_id)
    return COOKIES.signed_out() if session_id in ("current", call.principal.session_id) else None


def _refresh_token(call: ApiRequest[None, SessionRefresh]) -> str:
    """Return the refresh token of the body or the cookie. Raises SessionEnded without one."""
    token = call.body.refresh_token or cookies.read_cookie(call.credentials.headers, tokens.REFRESH)
    if token is None:
        raise SessionEnded("Send `refresh_token`, or the cookie with the header `X-Backroom`.")
    return token
