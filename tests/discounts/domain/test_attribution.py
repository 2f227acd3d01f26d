"""Orders name discounts by code or title, whatever the case of letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.discounts.domain.attribution import is_at_shopify, name_of
from chalicelib.discounts.domain.order_lines import Application


@pytest.mark.parametrize(
    ("title", "code", "name"),
    [
        ("Autumn", " SaVe10 ", "code:save10"),
        (" Straße ", None, "title:strasse"),
        ("Autumn", " ", "title:autumn"),
        (None, "", None),
        (" ", None, None),
    ],
)
def test_codes_and_titles_are_found_whatever_their_case(title: str | None, code: str | None, name: str | None) -> None:
    assert name_of(Application(title, code)) == name


def test_shopify_has_a_former_name_until_the_present_ones_are_published() -> None:
    until = datetime(2026, 11, 20, 12, tzinfo=UTC)
    minutes = [until + timedelta(minutes=number) for number in (-1, 0, 1, 2)]
    assert [is_at_shopify(None, None, at) for at in minutes] == [True] * 4
    assert [is_at_shopify(until, None, at) for at in minutes] == [True] * 4
    assert [is_at_shopify(until, minutes[2], at) for at in minutes] == [True, True, False, False]
