"""Marks of A/B tests in carts: `test.variant.visitor.mac`. Only a mark that we signed for this shop is valid."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from chalicelib.kit import signing

ATTRIBUTE = "_backroom_ab"
"""The attribute of carts and orders that holds the mark."""
_PURPOSE = "discounts/ab"
_MAC_BYTES = 16
_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Mark:
    """The test and variant of a visitor."""

    test: str
    variant: str
    visitor: str

    @property
    def text(self) -> str:
        return f"{self.test}.{self.variant}.{self.visitor}"


def sign_mark(shop: str, mark: Mark) -> str:
    """Return the mark with the signature of this shop's marks."""
    _, key = signing.key(_PURPOSE)
    return f"{mark.text}.{_mac(key, shop, mark)}"


def read_mark(shop: str, text: str) -> Mark | None:
    """Return the mark in a cart's or order's attribute; None unless we signed it for this shop."""
    *parts, mac = text.split(".")
    if len(parts) != 3 or not all(map(_PART.fullmatch, (*parts, mac))):
        return None
    mark = Mark(*parts)
    genuine = [hmac.compare_digest(mac, _mac(key, shop, mark)) for key in signing.keys(_PURPOSE).values()]
    return mark if any(genuine) else None


def _mac(key: bytes, shop: str, mark: Mark) -> str:
    digest = hmac.new(key, f"{shop}\n{mark.text}".encode(), hashlib.sha256).digest()
    return signing.encode(digest[:_MAC_BYTES])
