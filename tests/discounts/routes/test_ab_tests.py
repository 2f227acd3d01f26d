"""A/B tests of a discount's value, from the merchant's request to the visitors' sums."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.analytics import service as analytics
from chalicelib.analytics.models import Experiment
from chalicelib.analytics.service import exposures
from chalicelib.discounts.enums import ValueType
from chalicelib.discounts.models import Discount, UsageJournal
from chalicelib.discounts.service import ab_tests, measurement
from chalicelib.discounts.service.ab_marks import Mark, read_mark, sign_mark
from chalicelib.kit import clock
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    ab_tests.forget_running()
    exposures.forget()


def add_test(shop: DiscountShop, discount: Json, value: str = "20") -> Json:
    body = {"discount_id": discount["discount_id"], "value_type": "percentage", "value": value}
    response = shop.merchant("POST", "tests", body)
    assert response.status_code == 201, response.text
    found: Json = response.json()
    return found


def act(shop: DiscountShop, test: Json, action: str) -> httpx2.Response:
    return shop.merchant("POST", f"tests/{test['test_id']}", {"action": action})


def started(shop: DiscountShop, discount: Json | None = None) -> Json:
    test = add_test(shop, discount or shop.add())
    response = act(shop, test, "start")
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def visit(shop: DiscountShop, visitor: str, **more: str) -> httpx2.Response:
    url = shop.shopify.proxy_url("discounts", shop.shop, "ab", {"visitor": visitor, **more})
    return shop.api.get(url)


def mark_of(shop: DiscountShop, visitor: str) -> Mark | None:
    response = visit(shop, visitor)
    assert response.status_code == 200, response.text
    text = response.json()["mark"]
    return read_mark(shop.shop, text) if text else None


def test_a_test_is_created_as_a_draft_of_both_values(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    test = add_test(discount_shop, discount)
    assert (test["status"], test["discount_id"], test["winner"]) == ("draft", discount["discount_id"], None)
    assert [(each["variant"], each["value"]) for each in test["variants"]] == [("a", "10"), ("b", "20")]
    assert discount_shop.merchant("GET", f"tests/{test['test_id']}").json() == test
    [listed] = discount_shop.merchant("GET", "tests").json()["items"]
    assert listed["test_id"] == test["test_id"]
    assert discount_shop.get(discount["discount_id"])["ab_test_id"] is None
    assert mark_of(discount_shop, "visitor-0001") is None


def test_a_running_test_freezes_its_discount(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    test = started(discount_shop, discount)
    assert test["status"] == "running"
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    assert (row.ab_test_id, row.ab_value_type, row.version) == (test["test_id"], ValueType.PERCENTAGE, 2)
    assert row.ab_value == Decimal(20)
    frozen = discount_shop.get(discount["discount_id"])
    for change in ({"value": "5"}, {"skus": ["OTHER"]}, {"ends_at": "2999-01-01T00:00:00Z"}):
        response = discount_shop.change(frozen, **change)
        assert (response.status_code, response.json()["code"]) == (409, "TestRunning")
    assert discount_shop.change(frozen, title="New name").status_code == 200
    assert act(discount_shop, test, "stop").json()["status"] == "stopped"
    free = Discount.get(discount_shop.shop, discount["discount_id"])
    assert not {"ab_test_id", "ab_value_type", "ab_value"} & free.serialize().keys()
    assert discount_shop.change(discount_shop.get(discount["discount_id"]), value="5").status_code == 200


def test_visitors_are_split_and_keep_their_variant(discount_shop: DiscountShop) -> None:
    test = started(discount_shop)
    variants = {}
    for number in range(30):
        mark = mark_of(discount_shop, f"visitor-{number:04}")
        assert mark is not None
        assert (mark.test, mark.visitor) == (test["test_id"], f"visitor-{number:04}")
        variants[mark.visitor] = mark.variant
        assert mark_of(discount_shop, mark.visitor) == mark
    assert {"a", "b"} == set(variants.values())
    assert 5 <= list(variants.values()).count("a") <= 25


def test_exposures_and_purchases_are_summed_by_variant(discount_shop: DiscountShop) -> None:
    test = started(discount_shop)
    marks = [mark_of(discount_shop, f"visitor-{number:04}") for number in range(12)]
    tenant, now = measurement.tenant_of(discount_shop.shop), clock.now()
    for number, mark in enumerate(marks):
        assert mark is not None
        if number % 2:
            options = {"value": Decimal(10), "at": now, "version": 1}
            analytics.convert(tenant, mark.test, mark.visitor, f"order-{number}", **options)  # type: ignore[arg-type]
    assert discount_shop.drain() == []
    assert act(discount_shop, test, "stop").status_code == 200
    assert discount_shop.drain() == []
    variants = discount_shop.merchant("GET", f"tests/{test['test_id']}").json()["variants"]
    assert sum(each["visitors"] for each in variants) == 12
    assert sum(each["buyers"] for each in variants) == 6
    assert sum(Decimal(each["revenue"]) for each in variants) == 60


def set_result(test: Json, winner: str | None) -> None:
    Experiment(test["test_id"]).update([Experiment.winner.set(winner) if winner else Experiment.winner.remove()])


def test_the_winners_value_becomes_the_discounts(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    test = started(discount_shop, discount)
    set_result(test, "b")
    assert act(discount_shop, test, "apply").json()["code"] == "TestNotApplicable"  # it runs
    act(discount_shop, test, "stop")
    set_result(test, None)
    assert act(discount_shop, test, "apply").json()["code"] == "TestNotApplicable"  # no winner
    set_result(test, "b")
    for _ in range(2):
        assert act(discount_shop, test, "apply").status_code == 200
        assert discount_shop.get(discount["discount_id"])["value"] == "20"
    version = discount_shop.get(discount["discount_id"])["version"]
    set_result(test, "a")
    assert act(discount_shop, test, "apply").status_code == 200
    assert discount_shop.get(discount["discount_id"])["value"] == "10"
    assert version == 4


def test_a_shop_runs_three_tests_and_a_discount_one(discount_shop: DiscountShop) -> None:
    rows = [discount_shop.add(title=f"Discount {number}") for number in range(4)]
    tests = [started(discount_shop, row) for row in rows[:3]]
    other = add_test(discount_shop, rows[0], "30")
    assert act(discount_shop, other, "start").json()["code"] == "TestRunning"
    fourth = add_test(discount_shop, rows[3])
    response = act(discount_shop, fourth, "start")
    assert (response.status_code, response.json()["code"]) == (409, "LimitReached")
    assert act(discount_shop, tests[1], "stop").status_code == 200
    assert act(discount_shop, fourth, "start").status_code == 200
    assert UsageJournal.get(discount_shop.shop).running_tests == 3
    chosen = {mark.test for n in range(40) if (mark := mark_of(discount_shop, f"visitor-{n:04}"))}
    assert chosen == {tests[0]["test_id"], tests[2]["test_id"], fourth["test_id"]}


def test_steps_may_be_repeated(discount_shop: DiscountShop) -> None:
    test = add_test(discount_shop, discount_shop.add())
    assert act(discount_shop, test, "stop").json()["code"] == "TestNotStartable"
    for action in ("start", "start", "stop", "stop"):
        assert act(discount_shop, test, action).status_code == 200
    assert act(discount_shop, test, "start").json()["code"] == "TestNotStartable"
    assert UsageJournal.get(discount_shop.shop).running_tests == 0


def test_a_crash_between_the_discount_and_the_experiment_is_completed(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = add_test(discount_shop, discount_shop.add())
    with monkeypatch.context() as broken:
        broken.setattr(analytics, "start", lambda *_: 1 / 0)
        assert act(discount_shop, test, "start").status_code == 500
    assert act(discount_shop, test, "start").json()["status"] == "running"
    with monkeypatch.context() as broken:
        broken.setattr(analytics, "stop", lambda *_: 1 / 0)
        assert act(discount_shop, test, "stop").status_code == 500
    assert act(discount_shop, test, "stop").json()["status"] == "stopped"
    assert UsageJournal.get(discount_shop.shop).running_tests == 0


def test_a_draft_of_a_value_that_changed_does_not_start(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    test = add_test(discount_shop, discount)
    assert discount_shop.change(discount, value="12").status_code == 200
    assert act(discount_shop, test, "start").json()["code"] == "TestNotStartable"


def test_a_test_that_stopped_by_itself_frees_its_discount(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    test = started(discount_shop, discount)
    ab_tests.end_stopped_tests(discount_shop.shop, clock.now().date())
    assert discount_shop.get(discount["discount_id"])["ab_test_id"] == test["test_id"]
    analytics.stop(measurement.tenant_of(discount_shop.shop), test["test_id"])
    ab_tests.end_stopped_tests(discount_shop.shop, clock.now().date())
    assert discount_shop.get(discount["discount_id"])["ab_test_id"] is None
    assert UsageJournal.get(discount_shop.shop).running_tests == 0


@pytest.mark.parametrize(
    ("value_type", "value", "code"),
    [("percentage", "101", "InvalidDiscount"), ("percentage", "0", "InvalidDiscount"), ("fixed_price", "1.234", "InvalidDiscount"),
     ("percentage", "-1", "InvalidInput"), ("percentage", "NaN", "InvalidInput"), ("percentage", "1e1000000000", "InvalidInput"),
     ("half", "5", "InvalidInput")],
)  # fmt: skip
def test_the_other_value_keeps_the_rules_of_discounts(
    discount_shop: DiscountShop, value_type: str, value: str, code: str
) -> None:
    discount = discount_shop.add()
    body = {"discount_id": discount["discount_id"], "value_type": value_type, "value": value}
    response = discount_shop.merchant("POST", "tests", body)
    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize("value", ["10", "10.00"])
def test_a_test_of_the_discounts_own_value_is_refused(discount_shop: DiscountShop, value: str) -> None:
    body = {"discount_id": discount_shop.add()["discount_id"], "value_type": "percentage", "value": value}
    response = discount_shop.merchant("POST", "tests", body)
    assert (response.status_code, response.json()["code"]) == (422, "InvalidDiscount")
    assert [error["path"] for error in response.json()["errors"]] == ["body.value"]


def test_a_discount_that_grew_has_no_room_for_its_test(discount_shop: DiscountShop) -> None:
    """The items just fit Shopify's 10,000 bytes, with the test they would not."""
    discount = discount_shop.add()
    test = add_test(discount_shop, discount)
    grown = discount_shop.changed(discount, skus=[f"SKU-{number:06}" for number in range(658)])
    response = act(discount_shop, test, "start")
    assert (response.status_code, response.json()["code"]) == (422, "DiscountTooLarge"), response.text
    assert [error["path"] for error in response.json()["errors"]] == ["body.action"]
    assert discount_shop.get(discount["discount_id"])["ab_test_id"] is None
    discount_shop.changed(grown, skus=["SKU-000001"])
    assert act(discount_shop, test, "start").status_code == 200


def test_a_test_of_another_shop_or_of_no_discount_is_not_found(new_discount_shop: NewShop) -> None:
    one, other = new_discount_shop(), new_discount_shop()
    test = started(one)
    assert other.merchant("GET", f"tests/{test['test_id']}").json()["code"] == "TestNotFound"
    assert act(other, test, "stop").json()["code"] == "TestNotFound"
    body = {"discount_id": test["discount_id"], "value_type": "percentage", "value": "5"}
    assert other.merchant("POST", "tests", body).json()["code"] == "DiscountNotFound"
    assert mark_of(other, "visitor-0001") is None


@pytest.mark.parametrize("visitor", ["", "short", "a.b.c.d.e.f", "a" * 65, "größe-größe", "a b c d e"])
def test_an_id_that_could_forge_a_mark_is_refused(discount_shop: DiscountShop, visitor: str) -> None:
    assert visit(discount_shop, visitor).status_code == 422


def test_a_request_that_shopify_did_not_sign_is_refused(discount_shop: DiscountShop) -> None:
    response = discount_shop.api.get(
        "/proxy/discounts/ab", params={"visitor": "visitor-0001", "shop": discount_shop.shop}
    )
    assert response.status_code == 401


def test_only_our_mark_for_the_shop_counts() -> None:
    mark = Mark("0190d5a6-test", "b", "visitor-0001")
    text = sign_mark("one.myshopify.com", mark)
    assert text.startswith("0190d5a6-test.b.visitor-0001.")
    assert read_mark("one.myshopify.com", text) == mark
    assert read_mark("other.myshopify.com", text) is None
    for forged in (text.replace(".b.", ".a."), text[:-1], text + "x", mark.text, "", "...", "a.b.c.d", text + ".e"):
        assert read_mark("one.myshopify.com", forged) is None


def configuration_at_shopify(shop: DiscountShop) -> Json:
    [node] = shop.shopify.discounts(shop.shop)
    found: Json = json.loads(next(each["value"] for each in node["metafields"] if each["key"] == "sku-discount"))
    return found


def test_the_function_gets_the_test_while_it_runs(discount_shop: DiscountShop) -> None:
    test = started(discount_shop)
    assert discount_shop.drain() == []
    assert configuration_at_shopify(discount_shop)["test"] == {"id": test["test_id"], "b": ["percentage", "20"]}
    act(discount_shop, test, "stop")
    assert discount_shop.drain() == []
    assert "test" not in configuration_at_shopify(discount_shop)
