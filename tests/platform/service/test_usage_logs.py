"""The log of calls: one write a call, and the hour's row once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from chalicelib.kit import ids
from chalicelib.platform.models import ApiUsageLog, UsageHour
from chalicelib.platform.repository import usage_hours, usage_logs
from chalicelib.platform.service.usage_logs import record_call
from infra.bench.round_trips import Cost, metered
from tests.platform.data_calls import NOON, data_call

HOUR = timedelta(hours=1)


def test_a_call_is_one_write_and_the_first_of_an_hour_two() -> None:
    store_id = ids.new()
    for minutes, cost in ((0, Cost(writes=2, write_units=3)), (1, Cost(writes=1, write_units=1))):
        with metered() as meter:
            record_call(data_call(store_id, started_at=NOON + timedelta(minutes=minutes)))
        assert meter.cost == cost
    assert len(list(usage_logs.iterate_logs_of_hour(store_id, NOON))) == 2


def test_the_hours_row_of_another_process_stays() -> None:
    store_id = ids.new()
    UsageHour(store_id, NOON, calls=7, computed_at=NOON, expires_epoch=NOON + UsageHour.KEEP).save()
    record_call(data_call(store_id))
    assert UsageHour.get(store_id, NOON).calls == 7


def test_the_hour_lists_its_stores() -> None:
    first, second, earlier = ids.new(), ids.new(), ids.new()
    for store_id in (first, second):
        record_call(data_call(store_id))
    record_call(data_call(earlier, started_at=NOON - timedelta(microseconds=1)))
    assert sorted(usage_hours.iterate_stores_of_hour(NOON)) == sorted([first, second])


def test_a_log_keeps_the_network_and_no_raw_address() -> None:
    store_id = ids.new()
    call = data_call(
        store_id,
        method="POST",
        changes={"orders": {"created": 1, "updated": 0}, "products": {"deleted": 0}},
        amount=Decimal("19.90"),
        source_ip="198.51.100.77",
        user_agent="x" * 300,
    )
    record_call(call)
    [row] = usage_logs.iterate_logs_of_hour(store_id, NOON)
    assert (row.ip_address, row.user_agent, row.amount) == ("198.51.100.0/24", "x" * 256, Decimal("19.90"))
    assert (row.changes, row.expires_epoch) == ({"orders": {"created": 1}}, NOON + timedelta(days=90))
    assert "198.51.100.77" not in repr(call)


def test_logs_are_found_by_the_hour_in_which_the_call_began() -> None:
    store_id = ids.new()
    moments = [NOON - timedelta(microseconds=1), NOON, NOON + HOUR - timedelta(microseconds=1), NOON + HOUR]
    for moment in moments:
        record_call(data_call(store_id, started_at=moment))
    found = [row.created_at for row in usage_logs.iterate_logs_of_hour(store_id, NOON)]
    assert found == moments[1:3]
    assert ApiUsageLog.count(f"{store_id}/2031-11-05") == 4
