"""Unavailable shops: no job calls them, a registration does so once a day, and takes them up once they are available."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify.errors import ShopUnavailable
from chalicelib.kit import clock
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.locks import Lease
from chalicelib.kit.messages import publish
from chalicelib.shops import service
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import availability
from chalicelib.shops.schemas.messages import BackfillRequested, RegistrationRequested
from chalicelib.shops.service import webhook_registration
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import install

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

LINES = [{"variant_id": 11, "product_id": 22}]


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the delay of backfill messages."""
    monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)


@pytest.fixture
def frozen_shop(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> str:
    """A registered shop that is frozen and marked as unavailable."""
    assert drain() == []
    shopify.freeze_shop(installed_shop)
    publish(RegistrationRequested(shop=installed_shop, app="studio"))
    assert drain() == []
    return installed_shop


def reconcile(days_later: float = 0) -> None:
    """Run the schedule; the last call of the shop was `days_later` days ago."""
    for row in Shop.scan(Shop.probed_at.exists()):
        row.update([Shop.probed_at.set(clock.now() - timedelta(days=days_later))])
    lease = Lease("schedule/shops-reconcile_installations", "holder", 1, None)
    webhook_registration.reconcile_installations(ScheduledRun(clock.now(), None, lease))


def calls(shopify: ShopifySandbox, shop: str) -> int:
    return sum(request.path.startswith(f"/{shop}/admin") for request in shopify.requests)


@pytest.mark.parametrize("status", [402, 403, 404, 423])
def test_an_unavailable_shop_is_called_once_a_day(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, status: int
) -> None:
    assert drain() == []
    shopify.freeze_shop(installed_shop, status)
    before = calls(shopify, installed_shop)
    for _ in range(3):
        reconcile()
        assert drain() == []
    assert calls(shopify, installed_shop) == before + 1
    row = Shop.get(installed_shop, "studio")
    assert (row.unavailable_status, row.is_active) == (status, True)
    reconcile(days_later=1)
    assert drain() == []
    assert calls(shopify, installed_shop) == before + 2
    assert Shop.get(installed_shop, "studio").unavailable_since == row.unavailable_since


def test_no_job_calls_an_unavailable_shop(shopify: ShopifySandbox, frozen_shop: str, drain: Drain) -> None:
    before = calls(shopify, frozen_shop)
    shopify.emit(frozen_shop, "orders/edited", {"order_edit": {"order_id": 1}})
    for kind in ("orders", "products"):
        publish(BackfillRequested(shop=frozen_shop, app="studio", kind=kind, since=clock.now()))
    assert drain() == []
    with pytest.raises(ShopUnavailable):
        service.open_admin_api(frozen_shop, "studio")
    assert calls(shopify, frozen_shop) == before


def test_a_shop_that_answers_is_registered_and_backfilled(
    shopify: ShopifySandbox, frozen_shop: str, drain: Drain, listen: Listen
) -> None:
    """The backfill also covers the one that the freeze interrupted."""
    since = clock.now() - timedelta(days=9)
    publish(BackfillRequested(shop=frozen_shop, app="studio", kind="orders", since=since))
    assert drain() == []
    assert Shop.get(frozen_shop, "studio").missed_since == since
    read_messages = listen("shops-order_paid")
    shopify.unfreeze_shop(frozen_shop)
    order = shopify.paid_order(frozen_shop, LINES)
    reconcile()
    assert drain() == []
    assert read_messages() == []
    reconcile(days_later=1)
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
    row = Shop.get(frozen_shop, "studio")
    assert not {"unavailable_since", "unavailable_status", "probed_at", "missed_since"} & row.attribute_values.keys()


def test_scopes_granted_by_oauth_lose_nothing_that_a_shop_missed(
    api: httpx2.Client, shopify: ShopifySandbox, frozen_shop: str, drain: Drain, listen: Listen
) -> None:
    """The app stays installed: its registration takes the shop up, and backfills what was missed."""
    since = clock.now() - timedelta(days=9)
    publish(BackfillRequested(shop=frozen_shop, app="studio", kind="orders", since=since))
    assert drain() == []
    read_messages = listen("shops-order_paid")
    shopify.unfreeze_shop(frozen_shop)
    order = shopify.paid_order(frozen_shop, LINES)
    assert install(api, "studio", frozen_shop).status_code == 302
    assert drain() == []
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
    assert Shop.get(frozen_shop, "studio").unavailable_since is None


def test_a_merchants_request_takes_the_shop_up(
    api: httpx2.Client, shopify: ShopifySandbox, frozen_shop: str, drain: Drain, bearer: Callable[..., dict[str, str]]
) -> None:
    shopify.unfreeze_shop(frozen_shop)
    assert api.get("/v1/shops/me", headers=bearer(frozen_shop)).status_code == 200
    assert drain() == []
    assert Shop.get(frozen_shop, "studio").unavailable_since is None


def test_a_shop_frozen_at_a_refresh_keeps_its_tokens(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    assert drain() == []
    shopify.freeze_shop(installed_shop, 423)
    Shop(installed_shop, "studio").update([Shop.token_expires_at.set(clock.now())])
    for _ in range(2):
        publish(BackfillRequested(shop=installed_shop, app="studio", kind="orders", since=clock.now()))
        assert drain() == []
    assert Shop.get(installed_shop, "studio").unavailable_status == 423
    shopify.unfreeze_shop(installed_shop)
    reconcile(days_later=1)
    assert drain() == []
    assert service.open_admin_api(installed_shop, "studio").graphql("{ shop { name } }")


def test_a_shop_frozen_while_its_token_is_rejected_is_called_once(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    """The steps of a registration share the answer to the refresh."""
    assert drain() == []
    shopify.expire_access_token("studio", installed_shop)
    shopify.fail_next(3, 423, endpoint="token")
    before = calls(shopify, installed_shop)
    publish(RegistrationRequested(shop=installed_shop, app="studio"))
    assert drain() == []
    shopify.fail_next(0, endpoint="token")
    assert calls(shopify, installed_shop) == before + 2
    assert Shop.get(installed_shop, "studio").unavailable_status == 423


def test_a_response_to_a_call_before_a_new_grant_is_ignored(installed_shop: str) -> None:
    row = Shop.get(installed_shop, "studio")
    earlier = row.installed_at - timedelta(seconds=1)
    assert not availability.mark_unavailable(installed_shop, "studio", 402, earlier)
    assert Shop.get(installed_shop, "studio").unavailable_since is None
