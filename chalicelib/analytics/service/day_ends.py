"""Computations after a site's midnight. Add new steps here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from chalicelib.analytics.service import active_users, campaign_results, cohort_weeks, funnel_days
from chalicelib.kit.steps import run_all


def close_site_day(tenant: str, day: date) -> None:
    """Run each step for a site's ended day; a failure stops no other. Raises the last error."""
    run_all(*(partial(step, tenant, day) for step in SITE_STEPS))


SITE_STEPS: tuple[Callable[[str, date], object], ...] = (
    active_users.count_active_users,
    campaign_results.compute_campaigns,
    funnel_days.compute_funnels,
    cohort_weeks.compute_cohorts,
)
"""Steps after a site's midnight, for its ended day. Each may be repeated, and sets what it computes."""
