"""Regression and shrinkage, against published numbers and against SciPy."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import inv
from scipy.optimize import minimize

from chalicelib.discounts.domain.elasticity import NotEstimable, Posterior, quasi_poisson, shrink

DOBSON = [18, 17, 15, 20, 10, 20, 25, 13, 12]
OUTCOME, TREATMENT = [1, 2, 3] * 3, [1, 1, 1, 2, 2, 2, 3, 3, 3]
DOBSON_COLUMNS = [
    [1.0] * 9,
    *([float(level == each) for each in OUTCOME] for level in (2, 3)),
    *([float(level == each) for each in TREATMENT] for level in (2, 3)),
]

BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]
"""Tuberculosis after BCG vaccination in 13 trials: vaccinated with and without it, others with and without it.

Source: Colditz et al. (1994), JAMA 271, 698-702; the data set `dat.bcg` of the R package metadat.
"""


def _risk_ratios() -> tuple[list[float], list[float]]:
    estimates = [math.log(a / (a + b) / (c / (c + d))) for a, b, c, d in BCG]
    return estimates, [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in BCG]


def _odds_ratios() -> tuple[list[float], list[float]]:
    estimates = [math.log(a * d / (b * c)) for a, b, c, d in BCG]
    return estimates, [1 / a + 1 / b + 1 / c + 1 / d for a, b, c, d in BCG]


def test_the_fit_equals_the_published_one() -> None:
    """Dobson (1990), "An Introduction to Generalized Linear Models", page 93.

    Coefficients, errors and dispersion are those of R's `summary(glm(counts ~ outcome + treatment, quasipoisson()))`.
    """
    fit = quasi_poisson(DOBSON, DOBSON_COLUMNS)
    assert [round(value, 3) + 0 for value in fit.coefficients] == [3.045, -0.454, -0.293, 0, 0]
    assert round(fit.coefficients[1], 4) == -0.4543
    assert round(fit.coefficients[2], 4) == -0.2930
    assert [round(value, 4) for value in fit.standard_errors] == [0.1944, 0.2299, 0.2192, 0.2274, 0.2274]
    assert round(fit.dispersion, 4) == 1.2933


@pytest.mark.parametrize(
    ("data", "mean", "lower", "upper", "tau2"),
    [(_risk_ratios(), -0.7141, -1.0644, -0.3638, 0.3088), (_odds_ratios(), -0.7474, -1.1242, -0.3706, 0.3663)],
)
def test_the_mean_and_the_spread_equal_the_published_ones(data, mean, lower, upper, tau2) -> None:
    """metafor's own tests, `test_misc_metan_vs_rma.uni_with_dat.bcg.r` (method DL), which agree with Stata's metan."""
    result = shrink(*data)
    assert result.mean is not None
    assert result.tau2 is not None
    assert round(result.mean, 4) == mean
    assert round(result.tau2, 4) == tau2
    error = math.sqrt(1 / sum(1 / (variance + result.tau2) for variance in data[1]))
    assert round(result.mean - 1.959964 * error, 4) == lower
    assert round(result.mean + 1.959964 * error, 4) == upper


def _counts(seed: int, size: int = 60) -> tuple[list[int], list[list[float]]]:
    chance = random.Random(seed)
    columns = [[1.0] * size, [chance.gauss(0, 0.3) for _ in range(size)], [day / size for day in range(size)]]
    means = [math.exp(1.5 - 2 * x + 0.5 * t) * chance.gammavariate(3, 1 / 3) for _, x, t in zip(*columns, strict=True)]
    return [_poisson(chance, mean) for mean in means], columns


def _poisson(chance: random.Random, mean: float) -> int:
    threshold, count, product = math.exp(-mean), 0, chance.random()
    while product > threshold:
        count, product = count + 1, product * chance.random()
    return count


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_has_the_highest_likelihood(seed: int) -> None:
    counts, columns = _counts(seed)

    def loss(coefficients):
        predictors = [np.dot(coefficients, row) for row in zip(*columns, strict=True)]
        return sum(math.exp(eta) - count * eta for eta, count in zip(predictors, counts, strict=True))

    independent = minimize(loss, [0.0] * 3, method="BFGS", options={"gtol": 1e-7})
    fit = quasi_poisson(counts, columns)
    assert fit.coefficients == pytest.approx(independent.x, abs=1e-5)
    design = np.array(columns).T
    means = np.exp(design @ independent.x)
    pearson = ((np.array(counts) - means) ** 2 / means).sum() / (len(counts) - 3)
    covariance = inv(design.T @ (design * means[:, None])) * pearson
    assert fit.dispersion == pytest.approx(pearson, rel=1e-5)
    assert fit.dispersion > 1
    assert fit.standard_errors == pytest.approx(np.sqrt(covariance.diagonal()), rel=1e-5)


def test_errors_do_not_shrink_when_counts_vary_less_than_by_chance() -> None:
    columns = [[1.0] * 8, [0.0, 1.0] * 4]
    fit = quasi_poisson([10, 20, 10, 20, 10, 20, 10, 20], columns)
    assert fit.dispersion == pytest.approx(0)
    assert fit.standard_errors == pytest.approx([math.sqrt(1 / 40), math.sqrt(1 / 40 + 1 / 80)])


def test_few_estimates_are_not_shrunk() -> None:
    result = shrink([1.0, 2.0, 3.0, 4.0], [0.1] * 4)
    assert (result.mean, result.tau2) == (None, None)
    assert result.posterior == tuple(Posterior(value, 0.1) for value in (1.0, 2.0, 3.0, 4.0))


def test_estimates_that_vary_by_chance_only_become_their_mean() -> None:
    result = shrink([1.0, 1.1, 0.9, 1.0, 1.05], [1.0] * 5)
    assert result.tau2 == 0
    assert {round(each.mean, 9) for each in result.posterior} == {1.01}
    assert result.posterior[0].variance == pytest.approx(1 / 5 + 2 / (5 - 3) * (1.0 - 1.01) ** 2)


def test_uncertain_estimates_are_shrunk_more() -> None:
    estimates, variances = [-4.0, -3.0, -2.0, -1.0, 0.0, -4.0], [0.1, 0.1, 0.1, 0.1, 0.1, 10.0]
    result = shrink(estimates, variances)
    certain, uncertain = result.posterior[0], result.posterior[5]
    assert result.mean is not None
    assert abs(uncertain.mean - result.mean) < abs(certain.mean - result.mean)
    assert certain.variance < uncertain.variance < variances[5]


@pytest.mark.parametrize(
    ("counts", "columns"),
    [
        ([], [[]]),
        ([1, 2], [[1.0, 1.0], [0.0, 1.0]]),
        ([0] * 40, [[1.0] * 40]),
        ([1] * 40, [[1.0] * 40, [2.0] * 40]),
        ([1, 2] * 20, [[1.0] * 40, [0.0, 1.0] * 20, [1.0, 0.0] * 20]),
        ([1, -1] * 20, [[1.0] * 40]),
        ([1, math.nan] * 20, [[1.0] * 40]),
        ([1, math.inf] * 20, [[1.0] * 40]),
        ([1, 10**400] * 20, [[1.0] * 40]),
        ([1, 1e308] * 20, [[1.0] * 40]),
        ([1, 2] * 20, [[1.0] * 40, [0.0, 1e300] * 20]),
    ],
    ids=[
        "none",
        "thin",
        "zeros",
        "constant",
        "dependent",
        "negative",
        "nan",
        "inf",
        "huge",
        "near",
        "wide",
    ],
)
def test_data_that_determine_nothing_are_refused(counts, columns) -> None:
    with pytest.raises(NotEstimable):
        quasi_poisson(counts, columns)


def test_a_level_that_never_sold_leaves_its_coefficient_open() -> None:
    fit = quasi_poisson([1, 0] * 20, [[1.0] * 40, [0.0, 1.0] * 20])
    assert fit.standard_errors[1] > 100


@pytest.mark.parametrize(
    ("estimates", "variances"),
    [([1.0] * 5, [0.0] * 5), ([1.0] * 5, [-1.0] * 5), ([math.nan] * 5, [1.0] * 5), ([1.0] * 5, [math.inf] * 5)],
)
def test_estimates_without_a_usable_variance_are_refused(estimates, variances) -> None:
    with pytest.raises(NotEstimable):
        shrink(estimates, variances)


@given(
    st.lists(st.one_of(st.integers(0, 3), st.integers(0, 10**9), st.just(0)), min_size=0, max_size=20),
    st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=20),
)
def test_no_result_is_ever_nan(counts, values) -> None:
    columns = [[1.0] * len(counts), values[: len(counts)]]
    try:
        fit = quasi_poisson(counts, columns)
    except NotEstimable:
        return
    assert all(map(math.isfinite, (*fit.coefficients, *fit.standard_errors, fit.dispersion)))
    assert all(error > 0 for error in fit.standard_errors)
