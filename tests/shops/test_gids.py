"""Global ids."""

from __future__ import annotations

import pytest

from chalicelib.shops.gids import gid, gid_or_none


def test_numbers_are_converted_to_gids() -> None:
    assert gid("Order", 820982911946154508) == "gid://shopify/Order/820982911946154508"
    assert gid_or_none("Customer", "7") == "gid://shopify/Customer/7"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_number_has_no_gid(nothing: str | None) -> None:
    assert gid_or_none("Customer", nothing) is None


def test_other_text_is_refused() -> None:
    with pytest.raises(ValueError):
        gid("Order", "1/../../Shop/2")
