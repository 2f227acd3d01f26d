"""E-mail addresses that SES accepts as recipients."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
"""One address in ASCII without spaces, quotes and comments: SES takes no other."""


def is_address(text: str) -> bool:
    """Return whether SES would accept the text as a recipient."""
    return bool(_ADDRESS.fullmatch(text))
