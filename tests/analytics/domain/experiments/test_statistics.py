"""Statistics of experiments, against values of GrowthBook's gbstats 0.8.0, recorded once (Python 3.11, pandas 1.5.3)."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chalicelib.analytics.domain.experiments.statistics import (
    Comparison,
    NeutralReason,
    Sample,
    compare_samples,
    sample_ratio_p,
)

GBSTATS = [
    (
        Sample.of_proportion(1000, 100),
        Sample.of_proportion(1010, 137),
        Comparison(
            0.356435643564,
            (-0.167656224923, 0.880527512052),
            0.367656038929,
            0.0338136963572,
            0.983155026103,
            0.00101639297961,
        ),
    ),
    (
        Sample.of_proportion(100, 10),
        Sample.of_proportion(100, 10),
        Comparison(0.0, (-2.1637297671, 2.1637297671), 1.0, 1.0, 0.5, 0.169256875064),
    ),
    (
        Sample.of_proportion(20000, 2001),
        Sample.of_proportion(20100, 1789),
        Comparison(
            -0.110395051231,
            (-0.198894549257, -0.0218955532038),
            0.00296619583157,
            6.15329479328e-05,
            3.07108577861e-05,
            0.110395241817,
        ),
    ),
    (
        Sample.of_proportion(150, 149),
        Sample.of_proportion(130, 100),
        Comparison(
            -0.225606608157,
            (-0.396359961447, -0.054853254867),
            0.00466954388306,
            1.60538780047e-08,
            9.47056978887e-10,
            0.225606608163,
        ),
    ),
    (
        Sample.of_mean(120, 270.5, 848.79),
        Sample.of_mean(110, 300.25, 1200.1),
        Comparison(
            0.210888926231,
            (-0.300037768202, 0.721815620664),
            0.682980621663,
            0.0464254524287,
            0.97745309817,
            0.000884603012228,
        ),
    ),
    (
        Sample.of_mean(5000, 12345.6, 91234.5),
        Sample.of_mean(5100, 13900.75, 99999.25),
        Comparison(
            0.103890153132,
            (0.0131752924656, 0.194605013799),
            0.0126414463691,
            0.00045523870112,
            0.999773365732,
            1.68514273498e-06,
        ),
    ),
    (
        Sample.of_mean(2, 3, 5),
        Sample.of_mean(3, 9, 29),
        Comparison(
            1.0, (-20.2491891398, 22.2491891398), 0.997312624615, 0.288081176113, 0.903034573859, 0.0351191801345
        ),
    ),
    (
        Sample.of_mean(100_000, 250_000, 1_250_000),
        Sample.of_mean(99_000, 251_000, 1_300_000),
        Comparison(
            0.0141414141414,
            (-0.00163604064014, 0.029918868923),
            0.158738467284,
            0.00208963377494,
            0.998955325259,
            1.33338490039e-06,
        ),
    ),
]
"""Control, variant, and gbstats' relative effect, sequential interval and p, Welch's p, chance to win, risk."""


@pytest.mark.parametrize(("control", "variant", "expected"), GBSTATS)
def test_comparison_equals_gbstats(control: Sample, variant: Sample, expected: Comparison) -> None:
    comparison = compare_samples(control, variant)
    for name, value in expected.as_json().items():
        assert comparison.as_json()[name] == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize(
    ("counts", "weights", "expected"),
    [
        ([100, 100], [5000, 5000], 1.0),
        ([1000, 1200], [5000, 5000], 2.00786561243e-05),
        ([310, 330, 360], [3000, 3000, 4000], 0.0255615332065),
        ([9000, 1100], [9000, 1000], 0.00283474908026),
        ([1000, 500], [5000, 5000], 3.95586143791e-38),
        ([0, 0], [5000, 5000], 1.0),
    ],
)
def test_sample_ratio_equals_gbstats(counts: list[int], weights: list[int], expected: float) -> None:
    assert sample_ratio_p(counts, weights) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("control", "variant", "reason"),
    [
        (Sample.of_mean(1, 3, 9), Sample.of_mean(5, 3, 9), NeutralReason.TOO_FEW),
        (Sample.of_mean(5, 3, 9), Sample.of_mean(0, 0, 0), NeutralReason.TOO_FEW),
        (Sample.of_mean(4, 0, 9), Sample.of_mean(5, 3, 9), NeutralReason.ZERO_CONTROL),
        (Sample.of_proportion(9, 9), Sample.of_proportion(9, 3), NeutralReason.NO_VARIANCE),
        (Sample.of_proportion(9, 3), Sample.of_proportion(9, 0), NeutralReason.NO_VARIANCE),
    ],
)
def test_comparison_that_says_nothing_is_neutral_with_a_reason(
    control: Sample, variant: Sample, reason: NeutralReason
) -> None:
    assert compare_samples(control, variant) == Comparison(reason=reason)


def test_effect_of_a_negative_control_has_the_direction_of_the_difference() -> None:
    control, better = Sample(200, -4.0, 1.0), Sample(200, -3.0, 1.0)
    comparison = compare_samples(control, better)
    assert comparison.effect == pytest.approx(0.25)
    assert comparison.chance_to_win > 0.99
    assert compare_samples(control, replace(better, mean=-5.0)).effect == pytest.approx(-0.25)


def test_looking_fifty_times_at_equal_variants_gives_at_most_five_percent_false_winners() -> None:
    numbers, false_winners, trials = random.Random(7), 0, 200
    for _ in range(trials):
        converted, has_winner = [0, 0], False
        for look in range(1, 51):
            for position in (0, 1):
                converted[position] += sum(numbers.random() < 0.2 for _ in range(20))
            samples = [Sample.of_proportion(20 * look, count) for count in converted]
            has_winner = has_winner or compare_samples(*samples).p < 0.05
        false_winners += has_winner
    assert false_winners <= trials * 0.05
