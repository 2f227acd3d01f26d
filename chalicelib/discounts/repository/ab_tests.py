"""Running tests in the rows of their discounts, and how many a shop runs."""

from __future__ import annotations

from datetime import datetime

from chalicelib.discounts.domain.metafield import ItemValue
from chalicelib.discounts.errors import LimitReached
from chalicelib.discounts.models import Discount, UsageJournal
from chalicelib.discounts.repository import discounts
from chalicelib.kit.tables import Transaction

MAX_RUNNING_TESTS = 3


def stage_started(transaction: Transaction, row: Discount, test_id: str, b: ItemValue, now: datetime) -> None:
    """Freeze the discount for a test. The transaction raises LimitReached, or VersionMismatch if the version changed."""
    columns = {"ab_test_id": test_id, "ab_value_type": b.type, "ab_value": b.value, "updated_at": now}
    discounts.stage_update(transaction, row, columns)
    count, sequence = UsageJournal.running_tests, UsageJournal.sequence
    free = count.does_not_exist() | (count < MAX_RUNNING_TESTS)
    full = LimitReached(f"A shop can run {MAX_RUNNING_TESTS} tests at a time.")
    actions = [count.add(1), sequence.set(sequence | 0)]
    transaction.update(UsageJournal(row.shop), actions, condition=free, otherwise=full)


def stage_ended(transaction: Transaction, row: Discount, now: datetime) -> None:
    """Free the discount of its test. The transaction raises VersionMismatch if the version changed."""
    columns = {"ab_test_id": None, "ab_value_type": None, "ab_value": None, "updated_at": now}
    discounts.stage_update(transaction, row, columns)
    transaction.update(UsageJournal(row.shop), [UsageJournal.running_tests.add(-1)])


def list_running(shop: str) -> list[str]:
    """Return the ids of the shop's running tests; one read if it has none."""
    try:
        head = UsageJournal.get(shop)
    except UsageJournal.DoesNotExist:
        return []
    if not head.running_tests:
        return []
    return [row.ab_test_id for row in discounts.iterate_live(shop) if row.ab_test_id is not None]


def list_tested(shop: str) -> list[Discount]:
    """Return the shop's discounts with a running test."""
    return [row for row in discounts.iterate_live(shop) if row.ab_test_id is not None]
