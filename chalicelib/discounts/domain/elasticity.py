"""Quasi-Poisson regression and shrinkage of estimates, with the standard library.

Sources: McCullagh and Nelder, "Generalized Linear Models" (1989), chapters 2.5 (iteratively reweighted least squares),
6.2 and 9.2 (quasi-likelihood); DerSimonian and Laird, "Meta-analysis in clinical trials" (1986). Floats are exact enough
here: no money is computed with them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass

MIN_ESTIMATES = 5
"""With fewer estimates their spread is too uncertain; nothing is shrunk."""

_MAX_STEPS = 60
_MAX_HALVINGS = 30
_TOLERANCE = 1e-12
_LARGEST = 1e12
_LARGEST_PREDICTOR = 300.0
"""Expected counts between exp(-300) and exp(300) keep their squares in the range of floats."""
_SINGULAR = 1e-10
"""A pivot below this share of its column's sum of squares means that other columns determine the column."""


class NotEstimable(ValueError):
    """The data do not determine the coefficients; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model: ln of the expected count = the sum of coefficients times columns."""

    coefficients: tuple[float, ...]
    standard_errors: tuple[float, ...]
    """Scaled by the dispersion, but by 1 if it is lower."""
    dispersion: float
    """The variance of the counts as a multiple of their mean: Pearson's statistic per degree of freedom."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior distribution of one true value: its mean and variance."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """The distribution of the true values, and the posterior of each in the order of the estimates."""

    mean: float | None
    """None if there were too few estimates to shrink."""
    tau2: float | None
    posterior: tuple[Posterior, ...]


def quasi_poisson(counts: Sequence[float], columns: Sequence[Sequence[float]]) -> Fit:
    """Fit counts by columns, each with one value per count; a column of ones is the intercept.

    Raises NotEstimable if there are no more counts than columns, if all counts are 0 or one is negative, if a
    value is not a number or is too large, or if the columns are linearly dependent.
    """
    _check_values(counts, columns)
    coefficients, deviance = _start(counts, columns), math.inf
    for _ in range(_MAX_STEPS):
        proposal = _solve(*_normal_equations(counts, columns, coefficients))
        coefficients, next_deviance = _damped(counts, columns, coefficients, proposal)
        if abs(deviance - next_deviance) <= _TOLERANCE * (next_deviance + sum(counts)):
            return _summary(counts, columns, coefficients)
        deviance = next_deviance
    raise NotEstimable("the fit does not converge")


def shrink(estimates: Sequence[float], variances: Sequence[float]) -> Shrinkage:
    """Shrink each estimate towards the mean of all, more the less certain it is.

    The posterior variance includes the uncertainty of the mean and of the spread (Morris, "Parametric Empirical Bayes
    Inference", 1983, for equal variances). Fewer than `MIN_ESTIMATES` estimates are returned as they are. Raises NotEstimable if a variance is not above 0 or a value is
    not finite.
    """
    if not all(map(math.isfinite, (*estimates, *variances))) or any(variance <= 0 for variance in variances):
        raise NotEstimable("estimates must be finite and variances above 0")
    if len(estimates) < MIN_ESTIMATES:
        return Shrinkage(None, None, tuple(map(Posterior, estimates, variances)))
    tau2 = _heterogeneity(estimates, variances)
    weights = [1 / (variance + tau2) for variance in variances]
    mean = _weighted_mean(estimates, weights)
    posterior = [
        _posterior(estimate, variance, (mean, tau2), (1 / sum(weights), len(estimates)))
        for estimate, variance in zip(estimates, variances, strict=True)
    ]
    return Shrinkage(mean, tau2, tuple(posterior))


def _posterior(
    estimate: float, variance: float, spread: tuple[float, float], certainty: tuple[float, int]
) -> Posterior:
    """Return the posterior of one true value. `certainty` is the variance of the mean and the number of estimates."""
    (mean, tau2), (of_mean, count) = spread, certainty
    share = variance / (tau2 + variance)
    of_share = 2 / (count - 3) * (share * (estimate - mean)) ** 2
    return Posterior((1 - share) * estimate + share * mean, (1 - share) * variance + share**2 * of_mean + of_share)


def _heterogeneity(estimates: Sequence[float], variances: Sequence[float]) -> float:
    """Return the variance of the true values by the method of moments; 0 if the estimates vary by chance only."""
    weights = [1 / variance for variance in variances]
    mean = _weighted_mean(estimates, weights)
    q = sum(weight * (estimate - mean) ** 2 for weight, estimate in zip(weights, estimates, strict=True))
    scale = sum(weights) - sum(weight**2 for weight in weights) / sum(weights)
    return max(0.0, (q - (len(estimates) - 1)) / scale)


def _weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _check_values(counts: Sequence[float], columns: Sequence[Sequence[float]]) -> None:
    if len(counts) <= len(columns):
        raise NotEstimable("there are no more counts than columns")
    if not all(-_LARGEST <= value <= _LARGEST for values in (counts, *columns) for value in values) or min(counts) < 0:
        raise NotEstimable(f"counts must be 0 or more, and no value beyond {_LARGEST:g}")
    if not any(counts):
        raise NotEstimable("all counts are 0")


def _start(counts: Sequence[float], columns: Sequence[Sequence[float]]) -> list[float]:
    """Return the least-squares coefficients of ln(count + 0.1), weighted by the counts (McCullagh and Nelder, 2.5)."""
    means = [count + 0.1 for count in counts]
    return _solve(*_weighted_squares(columns, means, [math.log(mean) for mean in means]))


def _normal_equations(
    counts: Sequence[float], columns: Sequence[Sequence[float]], coefficients: Sequence[float]
) -> tuple[list[list[float]], list[float]]:
    """Return the weighted least-squares problem of the next step: working response, weighted by the expected counts."""
    predictors = _predictors(columns, coefficients)
    means = [math.exp(predictor) for predictor in predictors]
    working = [
        predictor + (count - mean) / mean for count, predictor, mean in zip(counts, predictors, means, strict=True)
    ]
    return _weighted_squares(columns, means, working)


def _damped(
    counts: Sequence[float],
    columns: Sequence[Sequence[float]],
    current: Sequence[float],
    proposal: Sequence[float],
) -> tuple[list[float], float]:
    """Return the proposal and its deviance, or a point nearer to the current coefficients if it has none."""
    for _ in range(_MAX_HALVINGS):
        deviance = _deviance(counts, columns, proposal)
        if math.isfinite(deviance):
            return list(proposal), deviance
        proposal = [(old + new) / 2 for old, new in zip(current, proposal, strict=True)]
    raise NotEstimable("the fit leaves the range of numbers")


def _deviance(counts: Sequence[float], columns: Sequence[Sequence[float]], coefficients: Sequence[float]) -> float:
    """Return the deviance of the fit; infinity if an expected count is beyond the range of floats or 0."""
    total = 0.0
    for count, predictor in zip(counts, _predictors(columns, coefficients), strict=True):
        if not abs(predictor) < _LARGEST_PREDICTOR:
            return math.inf
        total += (count * (math.log(count) - predictor) if count else 0.0) - count + math.exp(predictor)
    return 2 * total


def _predictors(columns: Sequence[Sequence[float]], coefficients: Sequence[float]) -> list[float]:
    return [
        sum(coefficient * value for coefficient, value in zip(coefficients, row, strict=True))
        for row in zip(*columns, strict=True)
    ]


def _summary(counts: Sequence[float], columns: Sequence[Sequence[float]], coefficients: Sequence[float]) -> Fit:
    means = [math.exp(predictor) for predictor in _predictors(columns, coefficients)]
    pearson = sum((count - mean) ** 2 / mean for count, mean in zip(counts, means, strict=True))
    dispersion = pearson / (len(counts) - len(columns))
    matrix, _ = _weighted_squares(columns, means, means)
    scale = max(1.0, dispersion)
    size = len(columns)
    units = [[float(row == column) for row in range(size)] for column in range(size)]
    errors = [math.sqrt(scale * _solve(matrix, unit)[number]) for number, unit in enumerate(units)]
    if not all(map(math.isfinite, (*coefficients, *errors, dispersion))):
        raise NotEstimable("the fit leaves the range of numbers")
    return Fit(tuple(coefficients), tuple(errors), dispersion)


def _weighted_squares(
    columns: Sequence[Sequence[float]], weights: Sequence[float], response: Sequence[float]
) -> tuple[list[list[float]], list[float]]:
    """Return the matrix and the right side of the normal equations."""
    weighted = [[value * weight for value, weight in zip(column, weights, strict=True)] for column in columns]
    matrix = [[_dot(left, right) for right in columns] for left in weighted]
    return matrix, [_dot(left, response) for left in weighted]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return math.fsum(map(operator.mul, left, right))


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Compute the solution of the normal equations by Cholesky's method. Raises NotEstimable if a column depends on others."""
    size = len(right)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column] - _dot(lower[row][:column], lower[column][:column])
            if row != column:
                lower[row][column] = rest / lower[column][column]
            elif rest <= _SINGULAR * matrix[row][row] or not math.isfinite(rest):
                raise NotEstimable("a column depends on the others")
            else:
                lower[row][row] = math.sqrt(rest)
    forward: list[float] = []
    for row in range(size):
        forward.append((right[row] - _dot(lower[row][:row], forward)) / lower[row][row])
    solution = [0.0] * size
    for row in reversed(range(size)):
        known = sum(lower[later][row] * solution[later] for later in range(row + 1, size))
        solution[row] = (forward[row] - known) / lower[row][row]
    return solution
