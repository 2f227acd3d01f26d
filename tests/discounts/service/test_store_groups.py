"""Groups of stores: invitations, limits, and their end."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.discounts.errors import InvitationNotFound, LimitReached, StoreGroupJoined
from chalicelib.discounts.models import StoreGroupMember
from chalicelib.discounts.repository.store_groups import MAX_STORES
from chalicelib.discounts.service import installations, store_groups
from chalicelib.kit import clock
from chalicelib.kit.models import UniqueValue
from chalicelib.retention.service import erasure, privacy_requests
from chalicelib.shops.models import Shop
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic, ShopUninstalled
from tests.discounts.conftest import NewShop


def add_shop(name: str) -> str:
    """Store an installation of the app, and return its shop."""
    now, shop = clock.now(), f"{name}.myshopify.com"
    Shop(shop, "discounts", is_active=True, installed_at=now, created_at=now, updated_at=now).save()
    return shop


def code_of(shop: str) -> str:
    invitation = store_groups.invite_store(shop).invitation
    assert invitation is not None
    assert invitation.code is not None
    return invitation.code


@pytest.fixture
def shops() -> tuple[str, str, str]:
    return add_shop("one"), add_shop("two"), add_shop("three")


def test_a_code_serves_once(shops: tuple[str, str, str]) -> None:
    one, two, three = shops
    code = code_of(one)
    assert store_groups.list_stores(one) == [one]
    assert [store.shop for store in store_groups.join_group(two, code).stores] == [one, two]
    with pytest.raises(InvitationNotFound):
        store_groups.join_group(three, code)
    assert store_groups.list_stores(one) == store_groups.list_stores(two) == [one, two]
    assert store_groups.list_stores(three) == [three]


def test_two_stores_cannot_use_a_code_at_once(shops: tuple[str, str, str]) -> None:
    one, two, three = shops
    code = code_of(one)

    def join(shop: str) -> bool:
        try:
            store_groups.join_group(shop, code)
        except InvitationNotFound:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(join, (two, three)))
    assert sorted(results) == [False, True]
    assert len(store_groups.list_stores(one)) == 2


def test_a_code_has_128_bits_and_only_its_hash_is_stored(shops: tuple[str, str, str]) -> None:
    one, *_ = shops
    shop, secret = code_of(one).split("/")
    assert shop == one
    assert re.fullmatch("[A-Za-z0-9_-]{22}", secret)
    [row] = StoreGroupMember.scan()
    assert secret not in str(row.attribute_values)
    assert len(row.invite_hash) == 64


def test_a_code_expires_and_a_newer_one_replaces_it(
    shops: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = shops
    old, new = code_of(one), code_of(one)
    with pytest.raises(InvitationNotFound):
        store_groups.join_group(two, old)
    assert store_groups.read_group(two, new).invitation.shop == one  # type: ignore[union-attr]
    later = clock.now() + timedelta(minutes=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    for use in (store_groups.join_group, store_groups.read_group):
        with pytest.raises(InvitationNotFound):
            use(three, new)


@pytest.mark.parametrize("code", ["", "x", "/", "one.myshopify.com/", "one.myshopify.com/guess", "nobody/guess"])
def test_a_wrong_code_is_refused(shops: tuple[str, str, str], code: str) -> None:
    one, two, _ = shops
    code_of(one)
    for use in (store_groups.join_group, store_groups.read_group):
        with pytest.raises(InvitationNotFound):
            use(two, code or " ")


def test_a_store_is_in_one_group(shops: tuple[str, str, str]) -> None:
    one, two, three = shops
    store_groups.join_group(two, code_of(one))
    code = code_of(three)
    with pytest.raises(StoreGroupJoined):
        store_groups.join_group(two, code)
    assert store_groups.read_group(two, code).invitation is not None, "a failed join uses no code"
    store_groups.leave_group(two)
    assert [store.shop for store in store_groups.join_group(two, code).stores] == [three, two]
    assert store_groups.list_stores(one) == [one]


def test_joining_the_own_group_uses_no_code(shops: tuple[str, str, str]) -> None:
    one, two, _ = shops
    code = code_of(one)
    store_groups.join_group(one, code)
    assert len(store_groups.join_group(two, code).stores) == 2


def test_a_group_has_twenty_stores() -> None:
    first = add_shop("first")
    others = [add_shop(f"store-{number}") for number in range(MAX_STORES)]
    for shop in others[:-2]:
        store_groups.join_group(shop, code_of(first))
    codes = [code_of(first), code_of(others[0])]

    def join(pair: tuple[str, str]) -> bool:
        try:
            store_groups.join_group(*pair)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(join, zip(others[-2:], codes, strict=True)))
    assert sorted(results) == [False, True], "two stores cannot take the last place"
    assert len(store_groups.list_stores(first)) == MAX_STORES
    store_groups.leave_group(others[3])
    refused = others[-2:][results.index(False)]
    assert len(store_groups.join_group(refused, code_of(first)).stores) == MAX_STORES


def test_leaving_removes_every_trace(shops: tuple[str, str, str]) -> None:
    one, two, _ = shops
    store_groups.join_group(two, code_of(one))
    code = code_of(two)
    store_groups.leave_group(two)
    with pytest.raises(InvitationNotFound):
        store_groups.read_group(one, code)
    assert two not in str([row.attribute_values for row in StoreGroupMember.scan()])
    assert two not in str([row.attribute_values for row in UniqueValue.scan()])
    assert store_groups.leave_group(two).stores[0].shop == two


def test_a_removal_that_comes_after_a_reinstall_ends_the_earlier_membership(shops: tuple[str, str, str]) -> None:
    one, two, _ = shops
    store_groups.join_group(two, code_of(one))
    removed = ShopUninstalled(shop=two, app="discounts", uninstalled_at=clock.now())
    row = Shop.get(two, "discounts")
    row.installed_at = clock.now()
    row.save()
    installations.apply_installation(removed)
    assert store_groups.list_stores(one) == [one]
    store_groups.join_group(two, code_of(one))
    installations.apply_installation(removed)
    assert store_groups.list_stores(one) == [one, two]


def test_an_erased_store_leaves_no_claim(
    shops: tuple[str, str, str], drain: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = shops
    store_groups.join_group(two, code_of(one))
    row = Shop.get(two, "discounts")
    row.is_active, row.uninstalled_at = False, clock.now() - timedelta(days=2)
    row.save()
    monkeypatch.setattr(erasure, "MAX_WORKER_TIME", timedelta(0))
    request = PrivacyRequested(shop=two, app="discounts", request=PrivacyTopic.SHOP_REDACT, triggered_at=clock.now())
    privacy_requests.accept_request(request)
    assert drain() == []
    assert two not in str([row.attribute_values for row in UniqueValue.scan()])
    assert len(store_groups.join_group(three, code_of(one)).stores) == 2


def test_a_store_that_removed_the_app_is_left_out_at_once(new_discount_shop: NewShop) -> None:
    first, second = new_discount_shop(), new_discount_shop()
    store_groups.join_group(second.shop, code_of(first.shop))
    assert store_groups.list_stores(first.shop) == [first.shop, second.shop]
    second.shopify.uninstall("discounts", second.shop)
    assert second.drain() == []
    assert store_groups.list_stores(first.shop) == [first.shop]
