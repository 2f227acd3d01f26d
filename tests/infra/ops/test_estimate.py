"""The command `estimate`."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from infra.ops import estimate
from infra.ops.estimate import estimate_month
from tests.infra.ops.conftest import Ops

DOCS = Path(__file__).parents[3] / "docs"


def test_a_month_is_priced_by_its_units(ops: Ops) -> None:
    found = estimate_month(shops=10, orders=1_000, skus=50)
    assert found.events == 30_000
    assert found.write_units == 10 * (1_000 * (11 + 2 * 4 + 3 * 9) + 50 * 2 * 30)
    assert found.bytes_stored == 10 * 1_000 * 12 * 3_000
    assert found.dollars == Decimal("0.61")  # 490,000 units 0.306, 30,000 events 0.138, 0.36 GB 0.162
    result = ops("estimate", "--shops", "10", "--orders", "1000")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[-3:] for line in result.out.splitlines()][-1] == ["0.61", "US", "dollars"]
    assert "over" not in result.out


def test_a_size_that_needs_thought_is_flagged(ops: Ops) -> None:
    flags = [
        re.findall(r"^over .*", ops("estimate", "--shops", str(shops), "--orders", "3400").out, re.M)
        for shops in (100, 101)
    ]
    assert [[flag.partition(":")[0] for flag in each] for each in flags] == [
        ["over 1,000,000 events a month", "over 5 GB of data"],
        ["over 100 shops", "over 1,000,000 events a month", "over 5 GB of data"],
    ]
    assert list(estimate_month(100, 3_333, 0).warnings()) == [
        "over 5 GB of data: consider shorter lives of orders (docs/retention.md)"
    ]
    assert list(estimate_month(1, 100, 0).warnings()) == []


def test_the_units_are_the_measured_ones() -> None:
    costs = (DOCS / "costs.md").read_text()
    [row] = re.findall(r"^\| 1 \| \d+ \| (\d+) \| (\d+) \| (\d+) \|$", costs, re.M)
    assert sum(map(int, row)) == estimate.FIRST_UNITS
    assert "costs 1 for the order, 1 for the customer and 2 for the head" in costs
    assert estimate.LATER_UNITS == 1 + 1 + 2
