"""Independent steps of one run."""

from __future__ import annotations

import pytest

from chalicelib.kit.steps import run_all


def test_a_failed_step_stops_no_other() -> None:
    done: list[int] = []

    def fail() -> None:
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        run_all(lambda: done.append(1), fail, lambda: done.append(2))
    assert done == [1, 2]
