"""Rows of platform for the tests of retention: a store, its connection, jobs and usage; an owner's account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kit import ids
from chalicelib.kit import models as kit
from chalicelib.platform import models as platform


def seed_store(row: Callable[..., Any], mark: str, store: str) -> Any:
    """Store a row of the store in every table of platform whose rows an erasure changes; return the store's own row."""
    row(platform.IntegrationConfig, mark, store_id=store)
    for model in (platform.ProvisioningJob, platform.UsageMetric, platform.UsageHour, platform.StoreAnalytics):
        row(model, mark, store_id=store)
    row(platform.Transfer, mark, store_id=store, file_url=None, report_url=None)
    row(platform.RevenueEntry, mark, entry_id=f"churn:{ids.new()}", store_id=store)
    return row(platform.Store, mark, id=store, owner_id="somebody")


def seed_account(row: Callable[..., Any], mark: str) -> Any:
    """Store an owner's account with a session, a stored response and a store; return the account's row."""
    owner = f"{mark}-id"
    row(kit.Session, mark, subject=f"owner:{owner}")
    row(kit.IdempotencyRecord, mark, subject=f"owner:{owner}")
    store = row(platform.Store, mark, owner_id=owner)
    row(platform.ProvisioningJob, mark, store_id=store.id, requested_by=f"owner:{owner}")
    return row(platform.PlatformUser, mark, id=owner)
