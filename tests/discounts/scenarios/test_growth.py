"""What discounts cost as they grow: items of a discount, deleted discounts behind a list (docs/costs.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest

from chalicelib.discounts.domain.discount_rules import ShopFacts
from chalicelib.discounts.enums import DiscountStatus, ValueType
from chalicelib.discounts.models import Discount
from chalicelib.discounts.schemas.discounts import DiscountCreate, DiscountRead, DiscountUpdate
from chalicelib.discounts.service import discounts
from chalicelib.discounts.service.discounts import Editor
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest
from infra.bench.round_trips import metered

EDITOR = Editor("growth.myshopify.com", ShopFacts("USD", "Basic"), "America/New_York")


def skus(count: int) -> list[str]:
    return [f"S{number:03}" for number in range(count)]


class Units(NamedTuple):
    """Write units of four operations; docs/costs.md has the same figures."""

    creation: int
    change: int
    rename: int
    deletion: int


def change_terms(discount: DiscountRead, version: str, **fields: object) -> None:
    discounts.change_discount(EDITOR, discount.discount_id, DiscountUpdate.model_validate(fields), version)


def added(count: int) -> DiscountRead:
    body = {"title": f"{count} items", "value_type": "percentage", "value": "10", "skus": skus(count)}
    return discounts.add_discount(EDITOR, DiscountCreate.model_validate(body), None)


@pytest.mark.parametrize(("count", "units"), [(10, Units(20, 6, 10, 21)), (1_000, Units(1_020, 16, 20, 1_021))])
def test_a_discount_costs_one_unit_for_each_item_that_changes(count: int, units: Units) -> None:
    with metered() as creation:
        discount = added(count)
    with metered() as change:
        change_terms(discount, "1", skus=[*skus(count)[1:], "NEW"])
    with metered() as rename:
        change_terms(discount, "2", title=f"renamed {count}")
    with metered() as deletion:
        discounts.remove_discount(EDITOR, discount.discount_id, "3")
    assert Units(*(meter.cost.write_units for meter in (creation, change, rename, deletion))) == units


def test_deleted_discounts_behind_a_list_cost_nothing() -> None:
    now = clock.now()
    page = PageRequest(limit=5)
    live = [added(number).discount_id for number in (1, 2, 3)]
    reads = []
    for total in (10, 1_000):
        with Discount.batch_write() as batch:
            for number in range(total):
                row = Discount(EDITOR.shop, f"0-{number:04}", title="gone", value_type=ValueType.PERCENTAGE)
                row.value, row.skus, row.combines_with = Decimal(1), ["A"], {}
                row.created_at = row.updated_at = row.deleted_at = now
                batch.save(row)
        with metered() as meter:
            result = discounts.list_discounts(EDITOR.shop, DiscountStatus.ACTIVE, page)
        assert [item.discount_id for item in result.items] == live
        assert result.last_key is None
        reads.append(meter.cost.reads)
    assert reads == [2, 2]
