"""An application means the discount whose name was in force when the order was created."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.discounts.domain.attribution import NamePeriod, holder, is_period_of, name_of
from chalicelib.discounts.domain.order_lines import Application


def at(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


PERIODS = [NamePeriod("d2", at(20)), NamePeriod("d1", at(1), at(10))]


@pytest.mark.parametrize(("day", "discount"), [(1, "d1"), (9, "d1"), (10, None), (19, None), (20, "d2"), (28, "d2")])
def test_the_name_means_who_had_it_then(day: int, discount: str | None) -> None:
    assert holder(PERIODS, at(day)) == discount


def test_codes_and_titles_are_found_whatever_their_case() -> None:
    assert name_of(Application("Autumn", " SaVe10 ")) == "code:save10"
    assert name_of(Application(" Straße ", None)) == "title:strasse"
    assert name_of(Application(None, " ")) is None


def test_a_former_name_ends_in_its_time_and_nothing_else() -> None:
    assert is_period_of("code:a", "code:a")
    assert is_period_of("code:a", "code:a#2026-11-10T00:00:00.000000Z")
    assert not is_period_of("code:a", "code:a#1")
    assert not is_period_of("code:a", "code:ab")
    assert not is_period_of("code:a", "code:a#2026-11-10")
