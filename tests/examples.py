"""How many examples a property test tries: few on every run, more with `make test EXAMPLES=10`."""

from __future__ import annotations

import os

FACTOR = int(os.environ.get("EXAMPLES", "1"))


def examples(count: int) -> int:
    """Return `count` times the factor of this run."""
    return count * FACTOR
