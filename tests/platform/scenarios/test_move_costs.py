"""What a move costs in round trips and capacity units (docs/costs.md): by its ranges, not by its rows."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.moves import ranges
from infra.bench.round_trips import Cost, metered
from infra.bench.sql_messages import counted_messages
from tests.platform.clocks import set_clock
from tests.platform.moved_stores import provisioned, server_of
from tests.platform.moves import begin_move, run_move_to_end, run_until
from tests.platform.store_databases import data_client

ONCE = Cost(reads=15, writes=21, write_units=104, sends=2, objects=15)
"""From the copy to the switch, for a store of few rows."""
HUNDRED_RANGES = Cost(writes=20, write_units=80, objects=30)
"""What 100 ranges add: two writes of the job's row and three calls of S3 for ten of them."""


@pytest.mark.parametrize("count", [0, 100])
def test_a_move_costs_by_its_ranges(
    count: int, api: httpx2.Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = provisioned(api, server_of("shared", request), 1)
    if count:
        body = [{"name": "C", "slug": f"c-{number}"} for number in range(count)]
        assert data_client(api, Store.get(owner.store.id)).call("POST", "categories", body).status_code == 201
    job_id = begin_move(owner, server_of("postgresql", request).body)
    run_until(job_id, "copy")
    monkeypatch.setattr(ranges, "RANGE_ROWS", 1)
    store_connections.close_connections()
    set_clock(monkeypatch, clock.now())
    with metered() as meter, counted_messages() as sent:
        job = run_move_to_end(job_id)
    assert job.status is JobStatus.COMPLETED, job.error_code
    used, share = meter.cost, count // 100
    assert used.reads <= ONCE.reads, "the allowed hosts may be cached"
    assert used.writes == ONCE.writes + share * HUNDRED_RANGES.writes
    assert used.write_units <= ONCE.write_units + share * HUNDRED_RANGES.write_units + 2
    assert (used.sends, used.objects) == (ONCE.sends, ONCE.objects + share * HUNDRED_RANGES.objects)
    assert len(sent.sent) == 491 + 14 * count
