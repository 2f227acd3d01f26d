"""Distribution functions that the standard library lacks: Student's t and chi-squared, within 1e-8 of SciPy.

Methods: continued fractions and series for the incomplete beta and gamma functions (NIST DLMF 8.11, 8.17.22; the
modified Lentz method). Floats are exact enough here: no money is computed with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_TINY = 1e-300
_PRECISION = 1e-16
_MAX_TERMS = 10_000


def student_t_two_sided(statistic: float, degrees: float) -> float:
    """Return the probability of a t statistic at least as extreme as this one, in both tails."""
    square = statistic * statistic
    return regularized_beta(degrees / 2, 0.5, degrees / (degrees + square), square / (degrees + square))


def chi_squared_upper(statistic: float, degrees: int) -> float:
    """Return the probability of a chi-squared statistic of at least this value."""
    return regularized_upper_gamma(degrees / 2, statistic / 2)


def regularized_beta(a: float, b: float, x: float, complement: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b). `complement` is 1 - x, which keeps its precision."""
    if x <= 0:
        return 0.0
    if complement <= 0:
        return 1.0
    scale = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * _log(x, complement) + b * _log(complement, x)
    )
    if x < (a + 1) / (a + b + 2):
        return min(scale * _beta_fraction(a, b, x) / a, 1.0)
    return max(1 - scale * _beta_fraction(b, a, complement) / b, 0.0)


def regularized_upper_gamma(a: float, x: float) -> float:
    """Return the regularized upper incomplete gamma function Q(a, x)."""
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return max(1 - scale * _gamma_series(a, x), 0.0)
    return scale * _gamma_fraction(a, x)


def _log(value: float, complement: float) -> float:
    """Return the logarithm of a share; near 1 by its complement, which has more digits."""
    return math.log(value) if value < 0.5 else math.log1p(-complement)


def _beta_fraction(a: float, b: float, x: float) -> float:
    def coefficient(term: int) -> float:
        half = term // 2
        if term % 2 == 0:
            return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))

    return 1 / _continued_fraction(1.0, coefficient, lambda _: 1.0)


def _gamma_fraction(a: float, x: float) -> float:
    return 1 / _continued_fraction(x + 1 - a, lambda term: -term * (term - a), lambda term: x + 2 * term + 1 - a)


def _continued_fraction(first: float, numerator: Callable[[int], float], denominator: Callable[[int], float]) -> float:
    """Evaluate `first + numerator(1) / (denominator(1) + numerator(2) / …)` by the modified Lentz method."""
    value = first or _TINY
    c, d = value, 0.0
    for term in range(1, _MAX_TERMS):
        d = denominator(term) + numerator(term) * d or _TINY
        c = denominator(term) + numerator(term) / c or _TINY
        d = 1 / d
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _gamma_series(a: float, x: float) -> float:
    term = total = 1 / a
    for number in range(1, _MAX_TERMS):
        term *= x / (a + number)
        total += term
        if term < total * _PRECISION:
            break
    return total
