"""What a move costs in round trips and capacity units (docs/costs.md)."""

from __future__ import annotations

import httpx
import pytest

from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.moves import ranges
from infra.bench.round_trips import Cost, metered
from infra.bench.sql_messages import counted_messages
from tests.platform.moved_stores import provisioned, server_of
from tests.platform.moves import begin_move, run_move_to_end, run_until
from tests.platform.store_databases import data_client


@pytest.mark.parametrize(("rows", "writes", "objects"), [(0, 40, 40), (100, 60, 60)])
def test_a_move_costs_by_its_ranges_and_not_by_its_rows(
    rows: int, writes: int, objects: int, api: httpx.Client, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    owner = provisioned(api, server_of("shared", request), 1)
    client = data_client(api, Store.get(owner.store.id))
    if rows:
        body = [{"name": "C", "slug": f"c-{number}"} for number in range(rows)]
        assert client.call("POST", "categories", body).status_code == 201
    job_id = begin_move(owner, server_of("postgresql", request).body)
    run_until(job_id, "copy")
    monkeypatch.setattr(ranges, "RANGE_ROWS", 1)
    store_connections.close_connections()
    with metered() as meter, counted_messages() as sent:
        run_move_to_end(job_id)
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    print(rows, meter.cost, len(sent.sent))
    assert meter.cost == Cost()
