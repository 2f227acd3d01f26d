"""The cookies with the tokens of owners and staff."""

from __future__ import annotations

from chalicelib.kit.accounts.tokens import TokenCookies

COOKIES = TokenCookies("/v1/platform/sessions")
