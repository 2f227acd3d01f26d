"""Orders name discounts by code or title, whatever the case of letters."""

from __future__ import annotations

import pytest

from chalicelib.discounts.domain.attribution import name_of
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
