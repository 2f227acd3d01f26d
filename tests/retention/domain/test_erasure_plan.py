"""The order of the steps of an erasure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import ViaTable
from chalicelib.retention.domain import erasure_plan

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("who", SubjectType)
def test_rows_are_erased_before_the_rows_that_lead_to_them(who: SubjectType) -> None:
    names = [step.policy.name for step in erasure_plan.row_steps(who)]
    for step in erasure_plan.row_steps(who):
        lookup = step.query.lookup
        if isinstance(lookup, ViaTable) and lookup.table != step.policy.name:
            assert names.index(step.policy.name) < names.index(lookup.table)


def test_the_installation_and_its_domains_are_erased_last() -> None:
    """Until then a merchant's open page must find it, at any domain; otherwise the page would start a new installation."""
    names = [step.policy.name for step in erasure_plan.row_steps(SubjectType.SHOP)]
    assert names[-2:] == ["shops/shops", "shops/shop_domains"]


def test_every_process_has_the_same_order() -> None:
    """A worker that resumes a request starts at the step of the previous worker."""
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
