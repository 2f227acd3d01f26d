"""The benchmarks run and show what they measured; how fast is not a test's business."""

from __future__ import annotations

import sys

import pytest

from chalicelib.kit.models import Lock
from infra.bench.round_trips import Cost, metered
from infra.bench.runs import Subject, SubjectFailed, interleaved
from infra.bench.table import Row, render


def test_subjects_run_in_turn_and_tell_their_figures() -> None:
    program = "import json; print(json.dumps({'seconds': 0.5, 'peak_mb': 12.0}))"
    figures = interleaved([Subject(name, [sys.executable, "-c", program]) for name in ("ours", "peer")], rounds=3)
    assert {name: (figure.seconds, figure.peak_mb) for name, figure in figures.items()} == {
        "ours": ((0.5,) * 3, 12.0),
        "peer": ((0.5,) * 3, 12.0),
    }


def test_a_subject_that_fails_is_told_of() -> None:
    with pytest.raises(SubjectFailed, match="no such thing"):
        interleaved([Subject("x", [sys.executable, "-c", "raise SystemExit('no such thing')"])], rounds=1)


def test_the_table_shows_what_is_over_its_budget() -> None:
    text = render(
        [Row("a", "1 ms", "peer 2 ms", 0.5, 1.0), Row("b", "3 ms", "peer 1 ms", 3.0, 1.0), Row("c", "", "", None, None)]
    )
    lines = text.splitlines()
    assert lines[1].rstrip().endswith("within")
    assert lines[2].rstrip().endswith("OVER")
    assert len({line.index("ours") for line in lines[:1]}) == 1


def test_the_meter_counts_calls_and_units() -> None:
    with metered() as meter:
        Lock("a").save()
        Lock.count("a")
    assert meter.cost == Cost(reads=1, writes=1, write_units=1)
    Lock("b").save()
    assert meter.cost.writes == 1, "nothing is counted after the block"
