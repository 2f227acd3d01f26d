from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.experiments.outcome import Terms, VariantSums, evaluate, stored_sum
from chalicelib.analytics.enums import MetricKind
from tests.examples import examples

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CENTS = st.decimals(min_value=Decimal("0"), max_value=Decimal("10000000"), places=2)


def sums_of(values: list[Decimal]) -> VariantSums:
    sums = VariantSums()
    for value in values:
        sums.add_subject(value, is_converted=value != 0)
    return sums


def terms(kind: MetricKind, days: int = 8, stopped: bool = False) -> Terms:
    return Terms(kind, {"old": 5000, "new": 5000}, NOW - timedelta(days=days), stopped)


@settings(max_examples=examples(100))
@given(st.lists(CENTS, min_size=2, max_size=50))
def test_sample_has_the_mean_and_variance_of_the_values(values):
    sample = sums_of(values).sample(MetricKind.MEAN)
    assert sample.mean == pytest.approx(float(statistics.mean(values)), rel=1e-12)
    assert sample.variance == pytest.approx(float(statistics.variance(values)), rel=1e-12, abs=1e-12)


def test_variance_of_nearly_equal_large_values_keeps_its_digits():
    base = Decimal(10) ** 14
    sample = sums_of([base, base + Decimal("0.01"), base + Decimal("0.02")]).sample(MetricKind.MEAN)
    assert sample.variance == pytest.approx(0.0001)


@pytest.mark.parametrize(("days", "stopped", "winner"), [(8, False, "new"), (6, False, None), (6, True, "new")])
def test_better_variant_wins_after_a_week_or_at_the_stop(days, stopped, winner):
    control, better = (sums_of([Decimal(1)] * count + [Decimal(0)] * (2000 - count)) for count in (500, 1000))
    outcome = evaluate(terms(MetricKind.PROPORTION, days, stopped), [control, better], NOW)
    assert outcome.winner == winner
    assert outcome.confidence_level == Decimal("99.99")
    assert outcome.statistics.keys() == {"new"}
    assert outcome.sample_ratio_p == 1


def test_wrong_split_has_no_winner():
    control, other = sums_of([Decimal(0)] * 1900 + [Decimal(1)] * 100), sums_of([Decimal(1)] * 1000)
    outcome = evaluate(terms(MetricKind.PROPORTION), [control, other], NOW)
    assert outcome.winner is None
    assert outcome.sample_ratio_p == 0


def test_experiment_without_subjects_is_neutral():
    outcome = evaluate(terms(MetricKind.MEAN), [VariantSums(), VariantSums()], NOW)
    assert outcome.winner is None
    assert outcome.sample_ratio_p == 1
    assert outcome.confidence_level == 0
    assert outcome.statistics["new"]["reason"] == "too_few"


def test_stored_sum_has_at_most_38_digits():
    assert stored_sum(Decimal("9" * 45)) == Decimal("1E+45")
    assert stored_sum(Decimal("1.23")) == Decimal("1.23")
