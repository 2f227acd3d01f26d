"""The command `rebuild-usage`."""

from __future__ import annotations

from chalicelib.discounts.models import DiscountUsage
from chalicelib.discounts.repository import usage_journals
from chalicelib.kit import clock
from tests.discounts.faults import without_waits
from tests.discounts.service.test_journal import first_batch
from tests.discounts.usage_factories import SHOP, put_discounts, put_shop, record
from tests.infra.ops.conftest import Ops


def test_a_shop_is_checked_and_rebuilt(ops: Ops) -> None:
    put_shop()
    put_discounts()
    assert record(first_batch()) == []
    DiscountUsage(SHOP, "d1#RED").update([DiscountUsage.times_used.add(5)])
    result = ops("rebuild-usage", SHOP, "--check")
    assert (result.code, result.out) == (0, "2 orders counted, 1 rows differ\n")
    result = ops("rebuild-usage", SHOP)
    assert (result.code, result.out) == (0, "2 orders counted, 1 rows corrected\n")
    assert ops("rebuild-usage", SHOP).out == "2 orders counted, 0 rows corrected\n"
    assert DiscountUsage.get(SHOP, "d1#RED").times_used == 2


def test_what_is_no_shop_is_refused(ops: Ops) -> None:
    result = ops("rebuild-usage", "example.com")
    assert result.code == 1
    assert "invalid shop domain" in result.err


def test_a_check_gives_up_while_a_journal_is_open(ops: Ops) -> None:
    put_shop()
    assert usage_journals.claim_next(usage_journals.find_head(SHOP), "s3://b/k", clock.now())
    with without_waits():
        result = ops("rebuild-usage", SHOP, "--check")
    assert result.code == 1
    assert "orders keep arriving" in result.err
