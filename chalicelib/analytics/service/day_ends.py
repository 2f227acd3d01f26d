"""What is due by the hour, and what is computed after the midnight of a site. New steps are listed here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial

from chalicelib.analytics.repository import visitor_salts
from chalicelib.analytics.service import (
    active_users,
    campaign_results,
    cohort_weeks,
    experiment_results,
    funnel_days,
    revenue_days,
    site_days,
)


def run_hourly_steps(now: datetime, since: datetime | None) -> None:
    """Run each hourly step; one that fails ends no other. Raises the error of the last that failed.

    `since` is when the last run completed. Each step may be repeated.
    """
    _run_all(
        partial(experiment_results.send_due_experiments, now),
        partial(revenue_days.send_due_owners, now, since),
        partial(revenue_days.measure_revenue, now),
        partial(site_days.send_due_sites, now, since),
        partial(delete_salts, now),
    )


def close_site_day(tenant: str, day: date) -> None:
    """Run each step for a site's ended day; one that fails ends no other. Raises the error of the last that failed."""
    _run_all(*(partial(step, tenant, day) for step in SITE_STEPS))


def _run_all(*steps: Callable[[], object]) -> None:
    with ExitStack() as stack:
        for step in reversed(steps):  # the stack runs the last one first
            stack.callback(step)


def delete_salts(now: datetime) -> None:
    """Delete the salts of visitors that are 48 hours old."""
    visitor_salts.delete_expired(now)


SITE_STEPS: tuple[Callable[[str, date], object], ...] = (
    active_users.count_active_users,
    campaign_results.compute_campaigns,
    funnel_days.compute_funnels,
    cohort_weeks.compute_cohorts,
)
"""Steps after a site's midnight, for its ended day. Each may be repeated, and sets what it computes."""
