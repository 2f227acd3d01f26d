"""Operators rebuild the usage of a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from chalicelib.discounts.models import DiscountUsage
from chalicelib.kit import auth, aws, messages
from chalicelib.kit.auth import Role
from tests.discounts.faults import without_waits
from tests.discounts.service.test_journal import first_batch
from tests.discounts.usage_factories import SHOP, put_discounts, put_shop, record

PATH = f"/v1/operator/discounts/{SHOP}/rebuild"


@pytest.fixture(autouse=True)
def _shop(engine: Any) -> Iterator[None]:
    put_shop()
    put_discounts()
    with without_waits():
        yield


def headers(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {auth.mint(role, 'op')}"}


def test_a_rebuild_corrects_the_shops_figures(api: httpx2.Client, drain: Callable[[], list[Any]]) -> None:
    assert record(first_batch()) == []
    DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(5)])
    response = api.post(PATH, headers=headers(Role.OPERATOR))
    assert (response.status_code, response.json()) == (202, {"shop": SHOP, "journal": 1})
    assert drain() == []
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2


def test_a_shop_without_usage_is_not_found(api: httpx2.Client) -> None:
    response = api.post(PATH, headers=headers(Role.OPERATOR))
    assert (response.status_code, response.json()["code"]) == (404, "UsageNotFound")


def test_support_cannot_rebuild(api: httpx2.Client) -> None:
    assert api.post(PATH, headers=headers(Role.SUPPORT)).status_code == 403


def test_a_repeated_request_sends_one_rebuild(api: httpx2.Client) -> None:
    assert record(first_batch()) == []
    keyed = {**headers(Role.OPERATOR), "Idempotency-Key": "k1"}
    responses = [api.post(PATH, headers=keyed) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in responses] == [(202, {"shop": SHOP, "journal": 1})] * 2
    url, name = messages.queue_url("discounts-record_usage"), "ApproximateNumberOfMessages"
    counts = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    assert counts[name] == "1"
