"""Choice of a visitor's test among a shop's running ones. A cart has one mark, so there is one test at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

VISITOR = r"^[A-Za-z0-9_-]{8,64}$"
"""The pattern of random visitor ids from the storefront. They have no dot: it separates the parts of a mark."""


def chosen_test(tests: Iterable[str], visitor: str) -> str | None:
    """Return the test with the highest hash of test and visitor; None without tests.

    Therefore a test that starts or stops moves only its own visitors (Thaler and Ravishankar, rendezvous hashing,
    1998).
    """
    return max(tests, key=lambda test: hashlib.sha256(f"{test}\n{visitor}".encode()).digest(), default=None)
