"""Fixtures of discounts: shops with the app."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.merchants import DiscountShop, Drain

NewShop = Callable[..., DiscountShop]


@pytest.fixture
def new_discount_shop(api: httpx.Client, shopify: ShopifySandbox, drain: Drain) -> NewShop:
    """Creates a shop with the app; columns of its row may be given (`currency`, `iana_timezone`, `plan_name`)."""

    def create(**details: str) -> DiscountShop:
        return DiscountShop(api, shopify, drain, **details)

    return create


@pytest.fixture
def discount_shop(new_discount_shop: NewShop) -> DiscountShop:
    """A shop in New York that sells in US dollars."""
    return new_discount_shop()


@pytest.fixture
def support_headers() -> dict[str, str]:
    """The headers of a request by support."""
    return {"Authorization": f"Bearer {auth.mint(Role.SUPPORT, 'somebody')}"}
