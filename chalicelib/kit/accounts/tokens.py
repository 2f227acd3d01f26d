"""How tokens of sessions and devices travel: in bodies and headers, or in cookies for our pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.kit import sessions
from chalicelib.kit.accounts.password_guesses import DEVICE_LIFETIME
from chalicelib.kit.accounts.schemas import SessionTokensRead
from chalicelib.kit.http import cookies

REFRESH, DEVICE = "backroom_refresh", "backroom_device"
DEVICE_HEADER = "Device-Token"


@dataclass(frozen=True, slots=True)
class TokenCookies:
    """The cookies of a realm, which browsers send to the path of its sessions alone."""

    path: str

    def tokens_response(self, tokens: SessionTokensRead, status: int, *, in_cookies: bool) -> Response:
        """Return the tokens; in cookies, scripts of the page get the access token only."""
        content = tokens.model_dump(exclude_none=True)
        headers: dict[str, Any] = {"Content-Type": "application/json"}
        if in_cookies:
            refresh_token, device_token = content.pop("refresh_token"), content.pop("device_token", None)
            headers["Set-Cookie"] = [self._refresh_cookie(refresh_token, sessions.IDLE)]
            headers["Set-Cookie"] += [self._device_cookie(device_token)] if device_token else []
        return Response(body=content, status_code=status, headers=headers)

    def without_content(self, request_headers: Mapping[str, str], device_token: str) -> Response:
        """Return 204 with the token of the device: in a cookie for our pages, else in a header."""
        in_cookies = cookies.is_from_page(request_headers)
        cookie = self._device_cookie(device_token)
        name, value = ("Set-Cookie", cookie) if in_cookies else (DEVICE_HEADER, device_token)
        return Response(body="", status_code=204, headers={name: value})

    def signed_out(self) -> Response:
        """Return 204 and remove the cookie of the session."""
        return Response(body="", status_code=204, headers={"Set-Cookie": self._refresh_cookie("", timedelta(0))})

    def _refresh_cookie(self, value: str, lifetime: timedelta) -> str:
        return cookies.set_cookie(REFRESH, value, self.path, lifetime)

    def _device_cookie(self, value: str) -> str:
        return cookies.set_cookie(DEVICE, value, self.path, DEVICE_LIFETIME)
