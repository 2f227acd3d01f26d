"""The cookies with the tokens of members."""

from __future__ import annotations

from chalicelib.kit.accounts.tokens import TokenCookies

COOKIES = TokenCookies("/v1/together/sessions")
