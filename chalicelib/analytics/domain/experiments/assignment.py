"""Assignment of subjects to variants: a pure function of the test and the subject, so it needs no storage.

Source: GrowthBook's SDK specification, hash version 2 (docs.growthbook.io/lib/build-your-own). Buckets are whole
ten-thousandths, so that no rounding moves a subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

BUCKETS = 10_000
"""Weights are parts of this number: basis points."""
_NAMESPACE_BUCKETS = 1_000


@dataclass(frozen=True, slots=True)
class Namespace:
    """A range of subjects, `[start, end)` of 0 to 1. Tests with disjoint ranges of one namespace share no subject."""

    name: str
    start: Decimal
    end: Decimal


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a test distributes its subjects. `weights` are basis points and sum to 10,000; `coverage` is 0 to 1."""

    seed: str
    weights: Sequence[int]
    coverage: Decimal = Decimal(1)
    namespace: Namespace | None = None


def assigned_variant(allocation: Allocation, subject: str) -> int | None:
    """Return the position of the subject's variant; None if the subject does not take part.

    A larger coverage only adds subjects: each variant's range starts where it started before.
    """
    if allocation.namespace is not None and not is_in_namespace(allocation.namespace, subject):
        return None
    subject_bucket = bucket(allocation.seed, subject)
    for position, (start, end) in enumerate(bucket_ranges(allocation.weights, allocation.coverage)):
        if start <= subject_bucket < end:
            return position
    return None


def bucket(seed: str, subject: str) -> int:
    """Return the subject's bucket, 0 to 9,999, by hash version 2."""
    return _fnv1a(str(_fnv1a(seed + subject))) % BUCKETS


def bucket_ranges(weights: Sequence[int], coverage: Decimal) -> list[tuple[int, Decimal]]:
    """Return each variant's range of buckets, `[start, end)`. Coverage below 0 counts as 0, above 1 as 1."""
    share = min(max(coverage, Decimal(0)), Decimal(1))
    starts = [sum(weights[:position]) for position in range(len(weights))]
    return [(start, start + share * weight) for start, weight in zip(starts, weights, strict=True)]


def is_in_namespace(namespace: Namespace, subject: str) -> bool:
    """Return whether the subject is in the namespace's range, by hash version 1."""
    place = Decimal(_fnv1a(f"{subject}__{namespace.name}") % _NAMESPACE_BUCKETS) / _NAMESPACE_BUCKETS
    return namespace.start <= place < namespace.end


def _fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of the text in UTF-8 (RFC 9923)."""
    number = 0x811C9DC5
    for byte in text.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number
