"""Assignment of subjects to variants, against GrowthBook's published cases (packages/sdk-js/test/cases.json)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.experiments.assignment import (
    BUCKETS,
    Allocation,
    Namespace,
    assigned_variant,
    bucket,
    bucket_ranges,
    is_in_namespace,
)
from tests.examples import examples


@pytest.mark.parametrize(
    ("seed", "subject", "expected"),
    [
        ("seed", "a", 505),
        ("seed", "b", 2696),
        ("foo", "ab", 2575),
        ("foo", "def", 2019),
        ("90850943850283058242805", "123", 7516),
        ("()**(%$##$%#$#", '___)((*":&', 128),
        ("feature-exp", "d123", 6468),
        ("feature-exp", "i123", 9943),
    ],
)
def test_bucket_equals_published_hash(seed: str, subject: str, expected: int) -> None:
    assert bucket(seed, subject) == expected


@pytest.mark.parametrize(
    ("weights", "coverage", "expected"),
    [
        ([5000, 5000], "1", [(0, 5000), (5000, 10000)]),
        ([5000, 5000], "0.5", [(0, 2500), (5000, 7500)]),
        ([5000, 5000], "0", [(0, 0), (5000, 5000)]),
        ([2500] * 4, "1", [(0, 2500), (2500, 5000), (5000, 7500), (7500, 10000)]),
        ([4000, 6000], "1", [(0, 4000), (4000, 10000)]),
        ([2000, 3000, 5000], "0.2", [(0, 400), (2000, 2600), (5000, 6000)]),
        ([5000, 5000], "-0.2", [(0, 0), (5000, 5000)]),
        ([5000, 5000], "1.5", [(0, 5000), (5000, 10000)]),
    ],
)
def test_ranges_equal_published_ranges(weights: list[int], coverage: str, expected: list[tuple[int, Decimal]]) -> None:
    assert bucket_ranges(weights, Decimal(coverage)) == expected


@pytest.mark.parametrize(
    ("subject", "name", "expected"),
    [
        ("1", "namespace1", "0.68"),
        ("2", "namespace1", "0.669"),
        ("4", "namespace1", "0.471"),
        ("4", "namespace2", "0.09"),
    ],
)
def test_namespace_places_a_subject_by_the_first_hash(subject: str, name: str, expected: str) -> None:
    place = Decimal(expected)
    assert is_in_namespace(Namespace(name, place, place + Decimal("0.001")), subject)
    assert not is_in_namespace(Namespace(name, Decimal(0), place), subject)


def test_subject_outside_the_namespace_takes_no_part() -> None:
    allocation = Allocation("seed", [5000, 5000], namespace=Namespace("namespace1", Decimal(0), Decimal("0.4")))
    assert assigned_variant(allocation, "1") is None


def test_shares_follow_the_weights() -> None:
    allocation = Allocation("checkout", [1000, 2000, 7000])
    variants = [assigned_variant(allocation, f"customer-{number}") for number in range(20_000)]
    shares = [variants.count(position) / len(variants) for position in range(3)]
    assert shares == pytest.approx([0.1, 0.2, 0.7], abs=0.01)


@settings(max_examples=examples(50))
@given(
    subjects=st.lists(st.text(), min_size=1, max_size=20),
    cuts=st.lists(st.integers(1, BUCKETS - 1), min_size=1, max_size=9, unique=True).map(sorted),
    coverages=st.lists(st.decimals(0, 1, places=4), min_size=2, max_size=2).map(sorted),
)
def test_growing_coverage_moves_no_subject(subjects: list[str], cuts: list[int], coverages: list[Decimal]) -> None:
    weights = [end - start for start, end in zip([0, *cuts], [*cuts, BUCKETS], strict=True)]
    for subject in subjects:
        before, after = (assigned_variant(Allocation("seed", weights, coverage), subject) for coverage in coverages)
        assert before in (None, after)
        assert assigned_variant(Allocation("seed", weights), subject) is not None
