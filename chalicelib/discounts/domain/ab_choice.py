"""Which of a shop's running tests a visitor takes part in. A cart has one mark, so it is one test at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

VISITOR = r"^[A-Za-z0-9_-]{8,64}$"
"""What ids of visitors look like: random, made by the storefront. They have no dot, which separates the parts of a mark."""


def chosen_test(tests: Iterable[str], visitor: str) -> str | None:
    """Return the test with the highest hash of test and visitor; None without tests.

    So a test that starts or stops moves only its own visitors (Thaler and Ravishankar, rendezvous hashing, 1998).
    """
    return max(tests, key=lambda test: hashlib.sha256(f"{test}\n{visitor}".encode()).digest(), default=None)
