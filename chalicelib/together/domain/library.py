"""The order of the library's content: the prompt of a day, and the rank of date ideas."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from chalicelib.together.enums import ActivityKind, LoveLanguage

T = TypeVar("T")

PRIMARY_POINTS, SECONDARY_POINTS = Decimal(2), Decimal(1)
"""Points of a date idea that suits the member's primary or secondary love language."""
RATING_POINTS = Decimal(3)
"""Points of the best rating of a kind of activities, from 10; the worst, 1, subtracts as many."""
_NEUTRAL_RATING = Decimal("5.5")
_HALF_RANGE = Decimal("4.5")


@dataclass(frozen=True, slots=True)
class Taste:
    """What ranks date ideas: the love languages of the member and the mean rating (1 to 10) by kind of activity."""

    primary: LoveLanguage | None = None
    secondary: LoveLanguage | None = None
    ratings: Mapping[ActivityKind, Decimal] | None = None


def permuted(items: Sequence[T], seed: str, keys: Sequence[str]) -> list[T]:
    """Return the items in an order that depends on `seed` and on `keys`, one of each item, alone."""
    ranks = [hashlib.sha256(f"{seed}\n{key}".encode()).digest() for key in keys]
    return [items[index] for index in sorted(range(len(items)), key=ranks.__getitem__)]


def item_of_day(items: Sequence[T], keys: Sequence[str], seed: str, day: date) -> T:
    """Return the item of a day: each one once in as many days as there are items, in an order of the seed's own."""
    cycle, position = divmod(day.toordinal(), len(items))
    return permuted(items, f"{seed}/{cycle}", keys)[position]


def mean_ratings(rated: Iterable[tuple[ActivityKind, Iterable[int | None]]]) -> dict[ActivityKind, Decimal]:
    """Return the mean of the ratings by kind of activity; kinds without a rating are left out."""
    by_kind: dict[ActivityKind, list[int]] = {}
    for kind, ratings in rated:
        by_kind.setdefault(kind, []).extend(rating for rating in ratings if rating is not None)
    return {kind: Decimal(sum(ratings)) / len(ratings) for kind, ratings in by_kind.items() if ratings}


def idea_points(kind: ActivityKind, languages: Sequence[LoveLanguage], taste: Taste) -> Decimal:
    """Return the points of a date idea for a taste."""
    points = Decimal(0)
    if taste.primary in languages:
        points += PRIMARY_POINTS
    if taste.secondary in languages:
        points += SECONDARY_POINTS
    rating = (taste.ratings or {}).get(kind)
    if rating is not None:
        points += (rating - _NEUTRAL_RATING) / _HALF_RANGE * RATING_POINTS
    return points
