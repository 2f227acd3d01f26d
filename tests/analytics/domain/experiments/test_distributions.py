"""Distribution functions, against SciPy, far tails included."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from chalicelib.analytics.domain.experiments.distributions import chi_squared_upper, student_t_two_sided

NUMBERS = random.Random(20261129)


@pytest.mark.parametrize("degrees", [1, 1.5, 3, 12.7, 229.3, 10_000, 3.3e6])
def test_student_t_equals_scipy(degrees: float) -> None:
    for statistic in [0.0, *(NUMBERS.uniform(0, 40) for _ in range(15)), 1e-7, 300.0]:
        expected = 2 * stats.t.sf(statistic, degrees)
        assert student_t_two_sided(statistic, degrees) == pytest.approx(expected, abs=1e-12, rel=1e-8)
        assert student_t_two_sided(-statistic, degrees) == student_t_two_sided(statistic, degrees)


@pytest.mark.parametrize("degrees", range(1, 10))
def test_chi_squared_equals_scipy(degrees: int) -> None:
    for statistic in [0.0, *(NUMBERS.uniform(0, 200) for _ in range(12)), 1e-9, 1400.0]:
        expected = stats.chi2.sf(statistic, degrees)
        assert chi_squared_upper(statistic, degrees) == pytest.approx(expected, abs=1e-15, rel=1e-8)
