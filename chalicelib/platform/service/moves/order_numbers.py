"""The number of a store's last order, after a move from a legacy database."""

from __future__ import annotations

from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_ranges
from chalicelib.platform.service import provisioning_places
from chalicelib.platform.service.job_runs import JobRun


def read_order_number(run: JobRun, store: Store) -> dict[str, int]:
    """Return the store's column with the number of its last order."""
    target = provisioning_places.get_target(run)
    last = store_ranges.read_last_order_number(run.connect(target), target.schema)
    return {"order_number": max(store.order_number, last)}
