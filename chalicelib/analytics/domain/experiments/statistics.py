"""Statistics of an experiment: each variant against the control.

The effect is relative to the control's absolute mean (delta method). Beside the fixed-horizon p-value of Welch's test
stands an always-valid one, which stays valid however often somebody looks (Waudby-Smith et al. 2023, "Time-uniform
central limit theory", arXiv 2103.06476, equations 9, 155 and 161). The Bayesian figures use a flat prior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

from chalicelib.analytics.domain.experiments import distributions

ALPHA = 0.05
TUNING = 5000
"""The number of subjects at which the always-valid interval is narrowest."""
_RHO_SQUARED = (-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1)) / TUNING


class NeutralReason(StrEnum):
    """Why a comparison says nothing."""

    TOO_FEW = "too_few"
    """A variant has fewer than two subjects."""
    NO_VARIANCE = "no_variance"
    """All values of a variant are equal."""
    ZERO_CONTROL = "zero_control"
    """The control's mean is 0, so nothing is relative to it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The subjects of a variant: their number, the mean of their values and the values' variance."""

    count: int
    mean: float
    variance: float

    @classmethod
    def of_mean(cls, count: int, total: float, squares: float) -> Sample:
        """Return the sample of values with this sum and this sum of squares."""
        if count < 2:
            return cls(count, total / count if count else 0.0, 0.0)
        return cls(count, total / count, (squares - total * total / count) / (count - 1))

    @classmethod
    def of_proportion(cls, count: int, converted: int) -> Sample:
        """Return the sample in which `converted` of the subjects converted."""
        share = converted / count if count else 0.0
        return cls(count, share, share * (1 - share))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant against the control. Effect, interval and risk are shares of the control's mean."""

    effect: float = 0.0
    interval: tuple[float, float] = (0.0, 0.0)
    """The always-valid confidence interval of 95 %."""
    p: float = 1.0
    """The always-valid p-value."""
    p_fixed: float = 1.0
    """Welch's p-value, valid for one look at a number of subjects that was fixed before."""
    chance_to_win: float = 0.5
    risk: float = 0.0
    """The expected loss if this variant is chosen."""
    reason: NeutralReason | None = None
    """Why the other figures say nothing; None if they do."""

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {
            "effect": self.effect,
            "interval": list(self.interval),
            "p": self.p,
            "p_fixed": self.p_fixed,
            "chance_to_win": self.chance_to_win,
            "risk": self.risk,
            "reason": self.reason,
        }


def compare_samples(control: Sample, variant: Sample) -> Comparison:
    """Compare a variant with the control. The result is neutral, with a reason, if it would say nothing."""
    reason = _neutral_reason(control, variant)
    if reason is not None:
        return Comparison(reason=reason)
    scale = abs(control.mean)
    effect = (variant.mean - control.mean) / scale
    variance = variant.variance / (scale**2 * variant.count) + control.variance * variant.mean**2 / (
        scale**4 * control.count
    )
    error = math.sqrt(variance)
    half_width = _always_valid_half_width(variance, control.count + variant.count)
    return Comparison(
        effect=effect,
        interval=(effect - half_width, effect + half_width),
        p=_always_valid_p(effect, variance, control.count + variant.count),
        p_fixed=distributions.student_t_two_sided(effect / error, _welch_degrees(control, variant)),
        chance_to_win=NormalDist().cdf(effect / error),
        risk=_expected_loss(effect, error),
    )


def sample_ratio_p(counts: Sequence[int], weights: Sequence[int]) -> float:
    """Return the probability of a split as uneven as `counts` if subjects are assigned by `weights` (chi-squared test)."""
    total, weight_total = sum(counts), sum(weights)
    if not total:
        return 1.0
    pairs = [(count, total * weight / weight_total) for count, weight in zip(counts, weights, strict=True) if weight]
    statistic = sum((count - expected) ** 2 / expected for count, expected in pairs)
    return distributions.chi_squared_upper(statistic, len(pairs) - 1) if len(pairs) > 1 else 1.0


def _neutral_reason(control: Sample, variant: Sample) -> NeutralReason | None:
    if control.count < 2 or variant.count < 2:
        return NeutralReason.TOO_FEW
    if control.mean == 0:
        return NeutralReason.ZERO_CONTROL
    if control.variance <= 0 or variant.variance <= 0:
        return NeutralReason.NO_VARIANCE
    return None


def _welch_degrees(control: Sample, variant: Sample) -> float:
    """Return the degrees of freedom by Welch and Satterthwaite."""
    shares = [(sample.variance / sample.count, sample.count) for sample in (control, variant)]
    return sum(share for share, _ in shares) ** 2 / sum(share**2 / (count - 1) for share, count in shares)


def _always_valid_p(effect: float, variance: float, count: int) -> float:
    spread = count * _RHO_SQUARED + 1
    exponent = _RHO_SQUARED * effect**2 * count / variance / (2 * spread)
    return min(math.sqrt(spread) * math.exp(-exponent), 1.0)


def _always_valid_half_width(variance: float, count: int) -> float:
    spread = count * _RHO_SQUARED + 1
    return math.sqrt(variance * 2 * spread * math.log(math.sqrt(spread) / ALPHA) / (count * _RHO_SQUARED))


def _expected_loss(effect: float, error: float) -> float:
    """Return the mean of max(0, -effect) if the effect is normally distributed."""
    standard = NormalDist()
    return error * standard.pdf(effect / error) - effect * standard.cdf(-effect / error)
