"""The order of prompts and date ideas."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain.library import Taste, idea_points, item_of_day, mean_ratings, permuted
from chalicelib.together.enums import ActivityKind, LoveLanguage

ITEMS = [f"item {number}" for number in range(60)]
QUALITY, TOUCH = LoveLanguage.QUALITY_TIME, LoveLanguage.PHYSICAL_TOUCH
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@given(DAYS, st.uuids())
def test_each_prompt_comes_once_in_a_cycle(day: date, couple: object) -> None:
    first = day - timedelta(days=day.toordinal() % len(ITEMS))
    cycle = [item_of_day(ITEMS, ITEMS, str(couple), first + timedelta(days=offset)) for offset in range(len(ITEMS))]
    assert sorted(cycle) == sorted(ITEMS)


def test_couples_and_cycles_have_orders_of_their_own() -> None:
    day = date(2027, 3, 10)
    by_couple = {item_of_day(ITEMS, ITEMS, f"couple {number}", day) for number in range(50)}
    assert len(by_couple) > 20
    assert permuted(ITEMS, "a/1", ITEMS) != permuted(ITEMS, "a/2", ITEMS)
    assert permuted(ITEMS, "a/1", ITEMS) == permuted(ITEMS, "a/1", ITEMS)


def test_a_new_item_leaves_the_order_of_the_others() -> None:
    order = permuted(ITEMS, "a", ITEMS)
    with_new = permuted([*ITEMS, "new"], "a", [*ITEMS, "new"])
    assert [item for item in with_new if item != "new"] == order


def test_the_score_adds_love_languages_and_ratings() -> None:
    taste = Taste(QUALITY, TOUCH, {ActivityKind.ADVENTURE: Decimal(10), ActivityKind.OTHER: Decimal(1)})
    assert idea_points(ActivityKind.DATE_NIGHT, [QUALITY], taste) == 2
    assert idea_points(ActivityKind.DATE_NIGHT, [TOUCH], taste) == 1
    assert idea_points(ActivityKind.DATE_NIGHT, [TOUCH, QUALITY], taste) == 3
    assert idea_points(ActivityKind.ADVENTURE, [], taste) == 3
    assert idea_points(ActivityKind.OTHER, [], taste) == -3
    assert idea_points(ActivityKind.OTHER, [QUALITY], Taste()) == 0


def test_ratings_of_both_members_count() -> None:
    rated = [(ActivityKind.ADVENTURE, (9, None)), (ActivityKind.ADVENTURE, (6, 3)), (ActivityKind.OTHER, (None, None))]
    assert mean_ratings(rated) == {ActivityKind.ADVENTURE: Decimal(6)}
