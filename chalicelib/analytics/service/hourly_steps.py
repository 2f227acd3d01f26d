"""Hourly steps: messages to queues, or a few writes. Add new steps here. No step reads the lake."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from chalicelib.analytics.repository import visitor_salts
from chalicelib.analytics.service import due_experiments, revenue_days, site_days
from chalicelib.kit.steps import run_all


def run_hourly_steps(now: datetime, since: datetime | None) -> None:
    """Run each hourly step; a failure stops no other. Raises the last error.

    `since` is when the last run completed. Each step may be repeated.
    """
    run_all(
        partial(due_experiments.send_due_experiments, now),
        partial(revenue_days.send_due_owners, now, since),
        partial(revenue_days.measure_revenue, now),
        partial(site_days.send_due_sites, now, since),
        partial(delete_salts, now),
    )


def delete_salts(now: datetime) -> None:
    """Delete the salts of visitors that are 48 hours old."""
    visitor_salts.delete_expired(now)
