"""Fixtures of discounts: shops with the app."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
import pytest

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from infra.local.engine import Engine
from infra.sandbox.server import Json
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.merchants import DiscountShop, Drain

NewShop = Callable[..., DiscountShop]
SNAPSHOT = "discount-shop"
SNAPSHOT_LIFETIME = timedelta(seconds=20)
"""Once a session token is a minute newer than the installation, the app checks the access token."""


@dataclass(frozen=True)
class StoredShop:
    """A shop as it was installed, with the engine's snapshot of it; usable until `expires_at`."""

    shop: DiscountShop
    at_shopify: Json
    expires_at: datetime


_stored: list[StoredShop] = []


@pytest.fixture(autouse=True)
def _discount_shop_first(engine: Engine, request: pytest.FixtureRequest) -> None:
    """Set up a test's shop before its other fixtures: it restores a snapshot, which replaces every row."""
    if "discount_shop" in request.fixturenames:
        request.getfixturevalue("discount_shop")


@pytest.fixture
def new_discount_shop(api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> NewShop:
    """Creates a shop with the app; columns of its row may be given (`currency`, `iana_timezone`, `plan_name`)."""

    def create(**details: str) -> DiscountShop:
        return DiscountShop(api, shopify, drain, **details)

    return create


@pytest.fixture
def discount_shop(engine: Engine, api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> DiscountShop:
    """A shop in New York that sells in US dollars. It is set up before other fixtures and restored from a snapshot."""
    if not _stored or _stored[-1].expires_at < clock.now():
        new_shop = DiscountShop(api, shopify, drain)
        engine.snapshot(SNAPSHOT)
        _stored[:] = [StoredShop(new_shop, shopify.snapshot(), clock.now() + SNAPSHOT_LIFETIME)]
        return new_shop
    [stored] = _stored
    engine.restore(SNAPSHOT)
    shopify.restore(stored.at_shopify)
    restored = copy(stored.shop)
    restored.api, restored.drain = api, drain
    return restored


@pytest.fixture
def support_headers() -> dict[str, str]:
    """The headers of a request by support."""
    return {"Authorization": f"Bearer {auth.mint(Role.SUPPORT, 'somebody')}"}
