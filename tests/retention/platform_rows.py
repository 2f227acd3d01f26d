"""Rows of platform for the tests of retention: a store, its connection, jobs and usage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.platform import models as platform


def seed_store(row: Callable[..., Any], mark: str, store: str) -> Any:
    """Store a row of the store in every table of platform whose rows an erasure changes; return the store's own row."""
    row(platform.IntegrationConfig, mark, store_id=store)
    for model in (platform.ProvisioningJob, platform.UsageMetric, platform.UsageHour):
        row(model, mark, store_id=store)
    return row(platform.Store, mark, id=store, owner_id="somebody")
