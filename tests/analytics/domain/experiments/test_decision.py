"""The decision on a winner: each condition is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.domain.experiments.decision import (
    MIN_DURATION,
    TestState,
    VariantResult,
    confidence_level,
    winner,
)
from chalicelib.analytics.domain.experiments.statistics import Comparison

START = datetime(2026, 11, 2, tzinfo=UTC)
NOW = START + MIN_DURATION
RUNNING = TestState(START, is_stopped=False, sample_ratio_p=0.5)
CONTROL = VariantResult("a", 100, None)
BETTER = VariantResult("b", 100, Comparison(effect=0.2, p=0.04))
BEST = VariantResult("c", 100, Comparison(effect=0.3, p=0.049))
WORSE = VariantResult("d", 100, Comparison(effect=-0.4, p=0.001))


def test_largest_significant_effect_wins() -> None:
    assert winner(RUNNING, [CONTROL, BETTER, BEST, WORSE], NOW) == "c"


def test_control_wins_if_every_other_variant_is_worse() -> None:
    assert winner(RUNNING, [CONTROL, WORSE], NOW) == "a"
    undecided = VariantResult("e", 100, Comparison(effect=-0.1, p=0.3))
    assert winner(RUNNING, [CONTROL, WORSE, undecided], NOW) is None


def test_larger_effect_that_is_not_significant_does_not_win() -> None:
    lucky = VariantResult("e", 100, Comparison(effect=0.9, p=0.05))
    assert winner(RUNNING, [CONTROL, BETTER, lucky], NOW) == "b"


def test_running_test_has_no_winner_before_seven_days() -> None:
    early = NOW - timedelta(microseconds=1)
    assert winner(RUNNING, [CONTROL, BETTER], early) is None
    assert winner(replace(RUNNING, is_stopped=True), [CONTROL, BETTER], early) == "b"


@pytest.mark.parametrize("small", [0, 1, 2])
def test_every_variant_needs_a_hundred_exposures(small: int) -> None:
    results = [CONTROL, BETTER, WORSE]
    results[small] = replace(results[small], exposures=99)
    assert winner(RUNNING, results, NOW) is None


def test_wrong_split_has_no_winner() -> None:
    assert winner(replace(RUNNING, sample_ratio_p=0.001), [CONTROL, BETTER], NOW) == "b"
    assert winner(replace(RUNNING, sample_ratio_p=0.0009), [CONTROL, BETTER], NOW) is None


@pytest.mark.parametrize(
    ("values", "expected"), [([0.5, 0.04321], "95.67"), ([1.0], "0.00"), ([1e-12], "99.99"), ([0.0001], "99.99")]
)
def test_confidence_follows_the_smallest_p(values: list[float], expected: str) -> None:
    assert confidence_level([Comparison(p=p) for p in values]) == Decimal(expected)


def test_no_comparison_has_no_confidence() -> None:
    assert confidence_level([]) is None
