"""The order in which a subject is gone through."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.kit.data_subjects import SubjectType
from chalicelib.retention.domain import erasure_plan

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("who", SubjectType)
def test_rows_are_erased_before_the_rows_that_lead_to_them(who: SubjectType) -> None:
    names = [step.policy.name for step in erasure_plan.row_steps(who)]
    for step in erasure_plan.row_steps(who):
        if step.query.via and step.query.via != step.policy.name:
            assert names.index(step.policy.name) < names.index(step.query.via)


def test_the_installation_is_erased_last() -> None:
    """A merchant's open page that found none would begin anew in the middle of the erasure."""
    assert erasure_plan.row_steps(SubjectType.SHOP)[-1].policy.name == "shops/shops"


def test_every_process_has_the_same_order() -> None:
    """Whoever takes a request up goes on from the step that another was at."""
    code = "from chalicelib.retention.domain import erasure_plan as plan\nprint([s.name for w in plan.SubjectType for s in plan.row_steps(w)])"
    orders = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(orders) == 1
