"""Many uses with duplicates, shuffled, under kills and throttling: none is lost, none counts twice.

The environment variable USES sets their number, e.g. to 100000.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Snapshot
from chalicelib.discounts.models import DiscountUsage
from chalicelib.kit import aws
from infra.local.engine import Engine
from tests.discounts.faults import killed_at, without_waits
from tests.discounts.usage_factories import SHOP, Message, order_message, order_time, put_discount, put_shop, record

USES = int(os.environ.get("USES", "1000"))
BATCH = max(125, USES // 100)


@pytest.fixture(autouse=True)
def _shop(engine: Engine) -> Iterator[None]:
    put_shop()
    put_discount(SHOP, "d1", "Autumn")
    with without_waits():
        yield


def message(number: int) -> Message:
    line = Line("l1", f"SKU-{number % 20}", 1, 1, Decimal(10))
    shares = (Allocation(Application("Autumn", None), Decimal(1)),)
    customer = f"gid://shopify/Customer/{number % 300}"
    snapshot = Snapshot("1", order_time(), "USD", customer, (SnapshotLine(line, shares),))
    return order_message(f"gid://shopify/Order/{number}", snapshot)


def throttled(chance: float, work: Callable[[], Any], dice: random.Random) -> Any:
    """Do the work while writes are throttled by chance."""

    def refuse(model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "UpdateItem") and dice.random() < chance:
            answer: Any = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}
            raise ClientError(answer, model.name)

    events = aws.client("dynamodb").meta.events
    events.register("before-call", refuse)
    try:
        return work()
    finally:
        events.unregister("before-call", refuse)


def test_none_is_lost_and_none_counts_twice() -> None:
    dice = random.Random(15)
    numbers = [*range(USES), *dice.sample(range(USES), USES // 10)]
    dice.shuffle(numbers)
    waiting = [message(number) for number in numbers]
    kills = 0
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        if dice.random() < 0.4:
            if killed_at(dice.randint(5, 2 * BATCH), "before-call", partial(record, batch)):
                kills += 1
                waiting += batch
        else:
            waiting += throttled(0.05, partial(record, batch), dice)
    assert kills > 1
    rows = list(DiscountUsage.query(SHOP))
    assert sum(row.times_used for row in rows) == USES
    assert sum(row.discount_amount for row in rows) == USES
    assert sum(row.unique_customers for row in rows) == min(USES, 300)
    assert sum(row.unique_customers + row.repeat_usage_count for row in rows) == USES
