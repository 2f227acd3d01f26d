"""How tokens of sessions and devices travel: in bodies and headers, or in cookies for our pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.kit import sessions
from chalicelib.kit.http import cookies
from chalicelib.together.schemas.sessions import SessionTokensRead
from chalicelib.together.service.password_guesses import DEVICE_LIFETIME

REFRESH, DEVICE = "backroom_refresh", "backroom_device"
PATH = "/v1/together/sessions"
DEVICE_HEADER = "Device-Token"


def tokens_response(tokens: SessionTokensRead, status: int, *, in_cookies: bool) -> Response:
    """Return the tokens; in cookies, scripts of the page get the access token only."""
    content = tokens.model_dump(exclude_none=True)
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    if in_cookies:
        refresh_token, device_token = content.pop("refresh_token"), content.pop("device_token", None)
        headers["Set-Cookie"] = [_refresh_cookie(refresh_token, sessions.IDLE)]
        headers["Set-Cookie"] += [_device_cookie(device_token)] if device_token else []
    return Response(body=content, status_code=status, headers=headers)


def without_content(request_headers: Mapping[str, str], device_token: str) -> Response:
    """Return 204 with the token of the device: in a cookie for our pages, else in a header."""
    in_cookies = cookies.is_from_page(request_headers)
    name, value = ("Set-Cookie", _device_cookie(device_token)) if in_cookies else (DEVICE_HEADER, device_token)
    return Response(body="", status_code=204, headers={name: value})


def signed_out() -> Response:
    """Return 204 and remove the cookie of the session."""
    return Response(body="", status_code=204, headers={"Set-Cookie": _refresh_cookie("", timedelta(0))})


def _refresh_cookie(value: str, lifetime: timedelta) -> str:
    return cookies.set_cookie(REFRESH, value, PATH, lifetime)


def _device_cookie(value: str) -> str:
    return cookies.set_cookie(DEVICE, value, PATH, DEVICE_LIFETIME)
