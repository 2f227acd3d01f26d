"""The decision on an experiment: which variant wins, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from chalicelib.analytics.domain.experiments.statistics import ALPHA, Comparison

MIN_DURATION = timedelta(days=7)
"""A running test has no winner before: weekdays differ."""
MIN_EXPOSURES = 100
MIN_SAMPLE_RATIO_P = 0.001
"""Below it the split is wrong, and with it every other figure."""
_MAX_CONFIDENCE = Decimal("99.99")


@dataclass(frozen=True, slots=True)
class TestState:
    """What a decision depends on beside the figures. `started_at` and `now` are aware times."""

    __test__ = False

    started_at: datetime
    is_stopped: bool
    sample_ratio_p: float


@dataclass(frozen=True, slots=True)
class VariantResult:
    """The exposures of a variant and its comparison with the control; None for the control itself."""

    variant: str
    exposures: int
    comparison: Comparison | None


def winner(state: TestState, results: Sequence[VariantResult], now: datetime) -> str | None:
    """Return the winning variant, or None if there is none (yet).

    It is the variant with the largest effect among those significantly better than the control, which is the first; or
    the control if every other variant is significantly worse.
    """
    is_over = state.is_stopped or now - state.started_at >= MIN_DURATION
    has_exposures = all(result.exposures >= MIN_EXPOSURES for result in results)
    if not (is_over and has_exposures and state.sample_ratio_p >= MIN_SAMPLE_RATIO_P):
        return None
    control, *others = results
    compared = [(result.variant, result.comparison) for result in others if result.comparison is not None]
    significant = [(variant, comparison) for variant, comparison in compared if comparison.p < ALPHA]
    better = [(comparison.effect, variant) for variant, comparison in significant if comparison.effect > 0]
    if better:
        return max(better)[1]
    worse = [variant for variant, comparison in significant if comparison.effect < 0]
    return control.variant if others and len(worse) == len(others) else None


def confidence_level(comparisons: Sequence[Comparison]) -> Decimal | None:
    """Return 100 × (1 - smallest always-valid p), two decimals rounded down, at most 99.99; None without a comparison."""
    if not comparisons:
        return None
    share = Decimal(100) * (1 - Decimal(str(min(comparison.p for comparison in comparisons))))
    return min(share.quantize(Decimal("0.01"), ROUND_DOWN), _MAX_CONFIDENCE)
