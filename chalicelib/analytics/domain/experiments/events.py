"""The names of the events that experiments send."""

from __future__ import annotations

EXPOSED = "experiment_exposed"
"""A subject saw a variant: `data` has the `test` and the `position` of the variant."""
CONVERTED = "experiment_converted"
"""A subject converted in the `test` of `data`."""
RESERVED_NAMES = frozenset({EXPOSED, CONVERTED})
