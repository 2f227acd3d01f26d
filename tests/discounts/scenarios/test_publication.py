"""Publication to Shopify: nodes follow the newest version, through refusals, crashes, throttling and removals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.discounts.models import Discount
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.discounts.service import publication
from chalicelib.integrations.shopify import discounts as shopify
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop, Json


class Killed(BaseException):
    """The process ends here."""


def nodes(shop: DiscountShop, **fields: Any) -> list[Json]:
    """Return the discounts at Shopify with these fields."""
    rows = shop.shopify.discounts(shop.shop)
    return [row for row in rows if fields.items() <= row.items()]


def configuration(node: Json) -> Json:
    [value] = [each["value"] for each in node["metafields"] if each["key"] == "sku-discount"]
    content: Json = json.loads(value)
    return content


def published(shop: DiscountShop, discount: Json) -> Json:
    """Let the jobs run and return the discount."""
    assert shop.drain() == []
    return shop.get(discount["discount_id"])


def changed_message(shop: DiscountShop, discount: Json) -> DiscountChanged:
    return DiscountChanged(shop=shop.shop, app="discounts", discount_id=discount["discount_id"])


@contextmanager
def around(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None], *, after: bool) -> Iterator[None]:
    """Call `act` once, before or after the first call of a function of the integration."""
    original = getattr(shopify, name)
    calls: list[str] = []

    def replaced(*args: Any, **kwargs: Any) -> Any:
        is_first = not calls
        calls.append(name)
        if is_first and not after:
            act()
        result = original(*args, **kwargs)
        if is_first and after:
            act()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(shopify, name, replaced)
        yield


def kill() -> None:
    raise Killed


def test_an_automatic_discount_is_published_with_its_terms(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(
        title="Mugs",
        skus=["A", "B"],
        overrides={"B": {"value_type": "fixed_price", "value": "5"}},
        combines_with={"product": True, "shipping": True},
        starts_at="2026-01-01T00:00:00Z",
        ends_at="2999-01-01T00:00:00Z",
    )
    shown = published(discount_shop, discount)
    assert (shown["publication"], shown["published_version"], shown["version"]) == ("published", 1, 1)
    [node] = nodes(discount_shop)
    assert (node["title"], node["kind"], node["functionHandle"]) == ("Mugs", "automatic", "sku-discount")
    assert node["discountClasses"] == ["PRODUCT"]
    assert node["combinesWith"] == {
        "orderDiscounts": False,
        "productDiscounts": True,
        "productDiscountsWithTagsOnSameCartLine": [],
        "shippingDiscounts": True,
    }
    assert (node["startsAt"][:19], node["endsAt"][:19]) == ("2026-01-01T00:00:00", "2999-01-01T00:00:00")
    assert configuration(node)["skus"] == {"A": 1, "B": ["fixed_price", "5"]}


def test_a_code_is_published_with_its_limits(new_discount_shop: NewShop, shopify: ShopifySandbox) -> None:
    shop = new_discount_shop(plan_name="Plus")
    shopify.set_shop(shop.shop, plan_display_name="Plus")
    tags = {"product": True, "tags": ["vip", "gold"]}
    discount = shop.add(discount_code="MUGS", usage_limit=9, once_per_customer=True, combines_with=tags)
    discount = published(shop, discount)
    [node] = nodes(shop)
    assert (node["code"], node["usageLimit"], node["appliesOncePerCustomer"]) == ("MUGS", 9, True)
    assert node["tags"] == node["combinesWith"]["productDiscountsWithTagsOnSameCartLine"] == ["gold", "vip"]
    shop.changed(discount, discount_code="CUPS", usage_limit=None, combines_with={"product": True, "tags": ["gold"]})
    shop.drain()
    [changed] = nodes(shop)
    assert changed["id"] == node["id"]
    assert (changed["code"], changed["usageLimit"]) == ("CUPS", None)
    assert changed["tags"] == changed["combinesWith"]["productDiscountsWithTagsOnSameCartLine"] == ["gold"]


def test_pause_resume_and_delete(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, discount_shop.add(ends_at="2999-01-01T00:00:00Z"))
    [node] = nodes(discount_shop)
    paused = published(discount_shop, discount_shop.changed(discount, is_active=False, title="Paused"))
    assert paused["publication"] == "withdrawn"
    [ended] = nodes(discount_shop)
    assert ended["id"] == node["id"]
    assert ended["title"] == "Paused"  # so that its old title is free
    assert ended["endsAt"] < "2999"
    resumed = published(discount_shop, discount_shop.changed(paused, is_active=True))
    assert resumed["publication"] == "published"
    assert nodes(discount_shop)[0]["endsAt"][:4] == "2999"
    discount_shop.remove(resumed)
    discount_shop.drain()
    assert nodes(discount_shop) == []
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    assert (row.publication.value, row.published_version) == ("withdrawn", row.version)
    assert row.shopify_node_id is None


def test_a_paused_or_expired_discount_gets_no_node(discount_shop: DiscountShop) -> None:
    for fields in ({"is_active": False}, {"ends_at": "2020-01-01T00:00:00Z"}):
        assert published(discount_shop, discount_shop.add(**fields))["publication"] == "withdrawn"
    assert nodes(discount_shop) == []


def test_a_discount_that_loses_its_code_gets_another_node(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, discount_shop.add(discount_code="A"))
    discount = published(discount_shop, discount_shop.changed(discount, discount_code=None))
    assert [node["kind"] for node in nodes(discount_shop)] == ["automatic"]
    discount = published(discount_shop, discount_shop.changed(discount, discount_code="A"))
    assert [node["kind"] for node in nodes(discount_shop)] == ["code"]
    assert discount["publication"] == "published"


def test_refusals_say_why_and_a_later_version_is_published(discount_shop: DiscountShop) -> None:
    shop = discount_shop
    shop.shopify.add_foreign_discount(shop.shop, "Foreign")
    shop.shopify.add_foreign_discount(shop.shop, "Code", code="TAKEN")
    for fields in ({"title": "FOREIGN"}, {"discount_code": "taken"}):
        discount = published(shop, shop.add(**fields))
        assert discount["publication"] == "failed"
        assert discount["publication_error"].startswith("TAKEN: another discount in the shop has this")
        assert discount["published_version"] is None
        repaired = published(shop, shop.changed(discount, title=f"Free {fields}", discount_code=None))
        assert (repaired["publication"], repaired["publication_error"]) == ("published", None)


def test_the_twenty_sixth_active_discount_is_refused(discount_shop: DiscountShop) -> None:
    for number in range(25):
        discount_shop.shopify.add_foreign_discount(discount_shop.shop, f"Foreign {number}")
    discount = published(discount_shop, discount_shop.add())
    assert discount["publication"] == "failed"
    assert discount["publication_error"].startswith("ACTIVE_PERIOD_OVERLAP")
    assert published(discount_shop, discount_shop.add(discount_code="CODE"))["publication"] == "published"


@pytest.mark.parametrize("code", [None, "CODE"])
def test_a_crash_between_creation_and_our_write_leaves_one_node(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    discount = discount_shop.add(title="Before", discount_code=code)
    message = changed_message(discount_shop, discount)
    with around(monkeypatch, "create", kill, after=True), pytest.raises(Killed):
        publication.publish_discount(message)
    assert len(nodes(discount_shop)) == 1
    renamed = discount_shop.changed(discount, title="After", discount_code=code and "OTHER")
    renamed = discount_shop.changed(renamed, value="20")
    shown = published(discount_shop, renamed)
    [node] = nodes(discount_shop)
    assert (node["title"], node["code"], configuration(node)["value"]) == ("After", code and "OTHER", "20")
    assert (shown["publication"], shown["published_version"]) == ("published", 3)


@pytest.mark.parametrize("moment", ["create", "update", "deactivate", "delete"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_is_repaired_by_the_retry(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch, moment: str, *, after: bool
) -> None:
    discount = discount_shop.add()
    if moment != "create":
        discount = published(discount_shop, discount)
        if moment == "delete":
            discount_shop.remove(discount)
        else:
            discount_shop.changed(discount, is_active=False)
    with around(monkeypatch, moment, kill, after=after), pytest.raises(Killed):
        publication.publish_discount(changed_message(discount_shop, discount))
    discount_shop.drain()
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    assert row.published_version == row.version
    assert len(nodes(discount_shop)) == (0 if moment == "delete" else 1)
    assert row.publication == ("published" if moment == "create" else "withdrawn")


@pytest.mark.parametrize("moment", ["create", "update"])
@pytest.mark.parametrize("after", [False, True])
def test_the_newest_version_wins_if_two_workers_run(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch, moment: str, *, after: bool
) -> None:
    discount = discount_shop.add(title="First")
    if moment == "update":
        discount = published(discount_shop, discount)
        discount = discount_shop.changed(discount, title="Second")

    def publish_newer_version() -> None:
        discount_shop.changed(discount, title="Newest", value="33")
        publication.publish_discount(changed_message(discount_shop, discount))

    with around(monkeypatch, moment, publish_newer_version, after=after):
        publication.publish_discount(changed_message(discount_shop, discount))
    [node] = nodes(discount_shop)
    assert (node["title"], configuration(node)["value"]) == ("Newest", "33")
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    assert (row.shopify_node_id, row.published_version) == (node["id"], row.version)


@pytest.mark.parametrize("others", [0, 24])
def test_two_workers_that_publish_one_version_create_one_node(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    for number in range(others):
        discount_shop.shopify.add_foreign_discount(discount_shop.shop, f"Foreign {number}")
    discount = discount_shop.add(title="Ours")
    message = changed_message(discount_shop, discount)
    with around(monkeypatch, "create", lambda: publication.publish_discount(message), after=False):
        publication.publish_discount(message)
    assert discount_shop.get(discount["discount_id"])["publication"] == "published"
    [node] = nodes(discount_shop, title="Ours")
    assert Discount.get(discount_shop.shop, discount["discount_id"]).shopify_node_id == node["id"]


def test_a_paused_discount_ends_even_if_shopify_refuses_its_new_title(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, discount_shop.add())
    discount_shop.shopify.add_foreign_discount(discount_shop.shop, "Foreign")
    paused = published(discount_shop, discount_shop.changed(discount, title="Foreign", is_active=False))
    assert paused["publication"] == "failed"
    [node] = nodes(discount_shop, title=discount["title"])
    assert node["endsAt"] is not None


def test_a_name_moves_from_one_discount_to_another(discount_shop: DiscountShop) -> None:
    first = published(discount_shop, discount_shop.add(title="Sale"))
    discount_shop.changed(first, title="Old sale")
    second = discount_shop.add(title="Sale")
    publication.publish_discount(changed_message(discount_shop, second))  # before the first one's own message
    assert discount_shop.get(second["discount_id"])["publication"] == "pending"
    publication.publish_discount(changed_message(discount_shop, first))
    publication.publish_discount(changed_message(discount_shop, second))
    assert {node["title"] for node in nodes(discount_shop)} == {"Sale", "Old sale"}


def test_a_name_that_stays_taken_fails_at_last(discount_shop: DiscountShop) -> None:
    first = published(discount_shop, discount_shop.add(title="Sale"))
    discount_shop.changed(first, title="Old sale")
    second = discount_shop.add(title="Sale")
    message = changed_message(discount_shop, second)
    publication.publish_discount(message.model_copy(update={"attempt": 8}))
    discount = discount_shop.get(second["discount_id"])
    assert discount["publication"] == "failed"
    assert discount["publication_error"] == "TAKEN: another discount has this title at Shopify"


@pytest.mark.parametrize("keeps_discounts", [False, True], ids=["Shopify deletes them", "Shopify keeps them"])
def test_throttling_postpones_and_revoked_tokens_or_a_removal_lose_nothing(
    discount_shop: DiscountShop, shopify: ShopifySandbox, keeps_discounts: bool
) -> None:
    shop = discount_shop
    discount = shop.add()
    shopify.fail_next(1, 429, retry_after=1)
    assert shop.drain() == []
    assert shop.get(discount["discount_id"])["publication"] == "pending"
    publication.publish_discount(changed_message(shop, discount))
    assert shop.get(discount["discount_id"])["publication"] == "published"
    shopify.uninstall("discounts", shop.shop, keeps_discounts=keeps_discounts)
    assert shop.drain() == []
    assert len(nodes(shop)) == keeps_discounts
    publication.publish_discount(changed_message(shop, discount))
    shop.install()
    assert [node["title"] for node in nodes(shop)] == [discount["title"]]
    assert shop.get(discount["discount_id"])["publication"] == "published"


def test_an_unavailable_shop_leaves_the_discount_pending(discount_shop: DiscountShop, shopify: ShopifySandbox) -> None:
    discount = discount_shop.add()
    shopify.fail_next(1, 423)
    assert published(discount_shop, discount)["publication"] == "pending"


def test_a_missing_scope_is_shown(discount_shop: DiscountShop, shopify: ShopifySandbox) -> None:
    shopify.update_scopes("discounts", discount_shop.shop, ["read_products"])
    discount = published(discount_shop, discount_shop.add())
    assert discount["publication"] == "failed"
    assert "Access denied" in discount["publication_error"]


def test_a_node_that_was_deleted_at_shopify_is_created_again(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, discount_shop.add())
    [node] = nodes(discount_shop)
    discount_shop.shopify.change_discount(node["id"])
    discount = published(discount_shop, discount_shop.changed(discount, value="20"))
    assert discount["publication"] == "published"
    assert [configuration(node)["value"] for node in nodes(discount_shop)] == ["20"]
