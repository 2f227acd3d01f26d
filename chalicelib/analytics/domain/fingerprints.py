"""What makes two errors the same: the sender's fingerprint, else type and own frames, else type and the message's shape.

The patterns are in the syntax that RE2 and Python share, because the computation of a day applies them in SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

LENGTH = 32
"""Hexadecimal digits of a derived fingerprint, and of a group's id."""
GIVEN_LENGTH = 200
"""A longer fingerprint of a sender is cut."""
OUR_PACKAGE = "chalicelib"
LIBRARY_FRAME = r"(?i)(^|/)(node_modules|site-packages|dist-packages|lib/python[0-9.]*)/|^(chrome|moz|safari-web)-extension:|^(<anonymous>|native)$"
"""Frames of libraries, which say little about where an error comes from. Of our code only the frames in it count."""
VARIABLE_PARTS: Sequence[tuple[str, str]] = (
    (r'"[^"]*"|`[^`]*`', "<text>"),
    (r"(^|[^0-9A-Za-z_])'[^']*'", r"\1<text>"),
    (r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}", "<id>"),
    (r"\b(0[xX][0-9A-Fa-f]+|[0-9A-Fa-f]{8,})\b", "<hex>"),
    (r"[0-9]+([.,:][0-9]+)*", "<number>"),
)
"""The parts of a message that differ between errors of one kind, and what replaces them, in order."""


def group_id(fingerprint: str) -> str:
    """Return the id of the group with this fingerprint."""
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:LENGTH]
