"""CSV (RFC 4180) for spreadsheets and other programs, a line at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

MEDIA_TYPE = "text/csv; charset=utf-8"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are full-width forms of the first four, which some spreadsheets read like those."""


def line(cells: Iterable[object]) -> str:
    """Return one CSV line with its CRLF; None becomes an empty cell.

    Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, CSV Injection).
    """
    output = io.StringIO()
    csv.writer(output).writerow([_harmless(cell) for cell in cells])
    return output.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
