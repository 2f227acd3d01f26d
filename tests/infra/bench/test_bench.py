"""The benchmarks run and print their figures; no test checks the speed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chalicelib.kit.models import Lock
from infra.bench.__main__ import ROWS
from infra.bench.discounts import CASES
from infra.bench.foundation import BUNDLE
from infra.bench.round_trips import Cost, metered
from infra.bench.runs import ROOT, Figures, Subject, SubjectFailed, interleaved
from infra.bench.table import Row, render
from tests.infra.deploy.packaging.conftest import Packaged, packaged
from tests.timeouts import LIMIT

__all__ = ["packaged"]


def bench(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | more
    command = [sys.executable, "-m", "infra.bench", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT)


@pytest.mark.parametrize(
    ("rows", "output_names"),
    [
        (["cold-start", "bundle"], {"cold start until first read", "zipped bundle"}),
        (["first-touch", "route"], {"first access to 8 tables", "request over HTTP"}),
        (["preview-1mp"], {"peak memory"}),
        (["preview-12mp", "bomb"], {"preview of 12 MP", "decompression bomb rejected", "peak memory"}),
        (["preview-48mp"], {"preview of 48 MP", "peak memory"}),
        (["preview-psnr-12mp", "preview-psnr-48mp", "preview-path"], {"photo to watermarked preview"}),
        (["print-jpeg"], {"print of 4096 px, JPEG", "peak memory"}),
        (["print-png"], {"print of 4096 px, PNG", "peak memory"}),
        (["archive", "archive-memory"], {"50 rows archived", "memory for 100 rows"}),
        (["rollup", "write-units", "snippet"], {"1,000 events rolled up", "units of 1,000 events", "snippet"}),
        (["usage"], {"20 uses of one shop"}),
        (["check-in", "page-bytes"], {"check-in", "together's page"}),
        (["sign-in"], {"1 sign-ins"}),
        (["cold-dashboard"], {"cold start until the dashboard"}),
        (["store-migration", "store-list"], {"a store migrated", "a list of 50 rows"}),
        (["store-cold-start"], {"cold start until a store's rows"}),
        (["store-provisioning"], {"a store provisioned"}),
        (
            ["store-import", "store-memory"],
            {"500 rows imported", "memory of an import, 2,000 rows", "memory of a backup, 2,000 rows"},
        ),
        (["store-move"], {"50 rows moved, proven"}),
        (["fuel"], {what for what, _, _, budget in CASES if budget}),
        (["funnel"], {"ordered funnel, 1,000 events", "strict funnel, 1,000 events"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "output_names",
)
def test_a_row_runs_and_prints_its_budget(packaged: Packaged, rows: list[str], output_names: set[str]) -> None:
    is_about_the_bundle = {"cold-start", "bundle", "cold-dashboard", "store-cold-start"} & {*rows}
    result = bench(
        "--quick", *rows, **({BUNDLE: str(packaged("dev") / "deployment.zip")} if is_about_the_bundle else {})
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    budget = lines[0].index("budget")
    assert {
        line[: lines[0].index("ours")].strip() for line in lines if line[budget:].startswith(("<=", ">="))
    } == output_names


def test_every_row_has_a_test() -> None:
    marks = test_a_row_runs_and_prints_its_budget.pytestmark  # type: ignore[attr-defined]
    assert sorted(name for rows, _ in marks[0].args[1] for name in rows) == sorted(ROWS)


def test_an_unknown_row_lists_the_known_ones() -> None:
    result = bench("bombs")
    assert result.returncode == 2
    assert all(name in result.stderr for name in ROWS)


def test_subjects_run_in_turn_and_report_their_figures() -> None:
    program = "import json; print(json.dumps({'seconds': 0.5, 'peak_mb': 12.0}))"
    figures = interleaved([Subject(name, [sys.executable, "-c", program]) for name in ("ours", "peer")], rounds=3)
    assert figures == {"ours": Figures((0.5,) * 3, 12.0), "peer": Figures((0.5,) * 3, 12.0)}


def test_a_failing_subject_is_reported() -> None:
    with pytest.raises(SubjectFailed, match="no such thing"):
        interleaved([Subject("x", [sys.executable, "-c", "raise SystemExit('no such thing')"])], rounds=1)


def test_figures_are_compared_round_by_round() -> None:
    ours, peer = Figures((1.0, 8.0, 1.0)), Figures((2.0, 16.0, 4.0))
    assert ours.beside(peer) == 0.5, "a slow machine slows both"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ((1.5, 1.0, 2.0), "1.50 s (1.00-2.00)"),
        ((0.066,), "66 ms (66-66)"),
        ((0.000161, 0.0002, 0.00015), "161 us (150-200)"),
    ],
)
def test_figures_show_median_and_range(seconds: tuple[float, ...], text: str) -> None:
    assert str(Figures(seconds)) == text


def test_the_table_marks_rows_over_budget() -> None:
    text = render(
        [Row("a", "1 ms", "peer 2 ms", 0.5, 1.0), Row("b", "3 ms", "peer 1 ms", 3.0, 1.0), Row("c", "", "", None, None)]
    )
    lines = text.splitlines()
    assert lines[1].rstrip().endswith("within")
    assert lines[2].rstrip().endswith("OVER")
    fast, slow = (Row("d", "", "", figure, 0.8, at_least=True) for figure in (0.8, 0.79))
    assert (fast.verdict, slow.verdict) == ("within", "UNDER")
    assert {line.index("peer") for line in lines[1:3]} == {lines[0].index("compared with")}, "the columns are aligned"


def test_the_meter_counts_calls_and_units() -> None:
    with metered() as meter:
        Lock("a").save()
        Lock.count("a")
    assert meter.cost == Cost(reads=1, writes=1, write_units=1)
    Lock("b").save()
    assert meter.cost.writes == 1, "nothing is counted after the block"
