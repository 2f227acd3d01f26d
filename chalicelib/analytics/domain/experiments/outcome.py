"""The outcome of an experiment: its statistics and its winner, from the sums of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Any

from chalicelib.analytics.domain.experiments import decision, statistics
from chalicelib.analytics.domain.experiments.decision import TestState, VariantResult
from chalicelib.analytics.domain.experiments.statistics import Sample
from chalicelib.analytics.enums import MetricKind

DIGITS = 38
"""Of a sum, as DynamoDB stores it."""
_CONTEXT = Context(prec=80)
_SIX_DECIMALS = Decimal("0.000001")


@dataclass(slots=True)
class VariantSums:
    """The sums of a variant's subjects. `revenue_squares` is the sum of the squares of each subject's revenue."""

    exposures: int = 0
    conversions: int = 0
    revenue: Decimal = Decimal(0)
    revenue_squares: Decimal = Decimal(0)

    def add_subject(self, amount: Decimal, *, is_converted: bool) -> None:
        """Add an exposed subject and the sum of its values."""
        self.exposures += 1
        self.conversions += is_converted
        with localcontext(_CONTEXT):
            self.revenue += amount
            self.revenue_squares += amount * amount

    def sample(self, kind: MetricKind) -> Sample:
        """Return the sample of the metric. Decimals keep the difference that the variance is."""
        if kind is MetricKind.PROPORTION:
            return Sample.of_proportion(self.exposures, self.conversions)
        count = self.exposures
        if count < 2:
            return Sample.of_mean(count, float(self.revenue), float(self.revenue_squares))
        with localcontext(_CONTEXT):
            variance = (self.revenue_squares - self.revenue * self.revenue / count) / (count - 1)
            return Sample(count, float(self.revenue / count), float(variance))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result columns of an experiment. `statistics` is by variant, without the control."""

    statistics: dict[str, dict[str, Any]]
    confidence_level: Decimal | None
    winner: str | None
    sample_ratio_p: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What a result depends on in addition to the sums. `weights` are by variant, the control first."""

    kind: MetricKind
    weights: dict[str, int]
    started_at: datetime
    is_stopped: bool


def evaluate(terms: Terms, sums: Sequence[VariantSums], now: datetime) -> Outcome:
    """Return the outcome; `sums` are in the order of the variants."""
    samples = [each.sample(terms.kind) for each in sums]
    comparisons = [statistics.compare_samples(samples[0], sample) for sample in samples[1:]]
    ratio_p = statistics.sample_ratio_p([each.exposures for each in sums], list(terms.weights.values()))
    results = [
        VariantResult(variant, each.exposures, comparison)
        for variant, each, comparison in zip(terms.weights, sums, [None, *comparisons], strict=True)
    ]
    state = TestState(terms.started_at, terms.is_stopped, ratio_p)
    return Outcome(
        {result.variant: result.comparison.as_json() for result in results if result.comparison},
        decision.confidence_level(comparisons),
        decision.winner(state, results, now),
        Decimal(repr(ratio_p)).quantize(_SIX_DECIMALS),
    )


def stored_sum(value: Decimal) -> Decimal:
    """Return a sum with at most 38 digits, which DynamoDB stores, without zeros at its end."""
    return Context(prec=DIGITS).normalize(value)
