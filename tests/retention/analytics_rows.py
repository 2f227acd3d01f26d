"""Rows in the tables of analytics, for tenants, their users, and the owners of subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from chalicelib.analytics import models
from chalicelib.billing.enums import OwnerType

DAY = date(2026, 11, 1)
AddRow = Callable[..., Any]


def seed_tenant(row: AddRow, mark: str, tenant: str) -> None:
    """Store rows of a tenant in every table that has them."""
    for model in (
        models.Site,
        models.DailyTraffic,
        models.EventCount,
        models.FeatureUsage,
        models.Report,
        models.UserCohort,
        models.Campaign,
        models.ErrorGroup,
    ):
        row(model, mark, tenant=tenant)
    row(models.EventDay, mark, tenant=tenant, day=DAY)
    row(models.UserSession, mark, tenant=tenant, tenant_day=f"{tenant}#{DAY}", tenant_user=None)
    for event_model in (models.AnalyticsEvent, models.PageView):
        row(event_model, mark, tenant=tenant, who=f"{tenant}#s#{mark}")
    row(models.EngagementScore, mark, tenant=tenant, tenant_user=f"{tenant}#{mark}")
    funnel = row(models.Funnel, mark, tenant=tenant)
    row(models.FunnelStep, mark, tenant=tenant, tenant_funnel=f"{tenant}#{funnel.funnel}")
    test = row(models.Experiment, mark, tenant=tenant).test_id
    row(models.ExperimentVariant, mark, test_id=test)
    row(models.ExperimentAssignment, mark, test_id=test)


def seed_user(row: AddRow, mark: str, tenant: str, user: str) -> None:
    """Store rows of a tenant's user in every table that has them."""
    for model in (models.AnalyticsEvent, models.PageView):
        row(model, mark, tenant=tenant, who=f"{tenant}#u#{user}")
    row(models.UserSession, mark, tenant=tenant, tenant_day=f"{tenant}#{DAY}", tenant_user=f"{tenant}#{user}")
    row(models.EngagementScore, mark, tenant=tenant, tenant_user=f"{tenant}#{user}")
    test = row(models.Experiment, "plain", tenant=tenant).test_id
    row(models.ExperimentAssignment, mark, test_id=test, subject=user)
    row(models.ErrorGroup, "plain", tenant=tenant, unresolved=None, context={"user_id": user, "note": mark})


def seed_revenue(row: AddRow, mark: str, kind: OwnerType, owner: str) -> None:
    """Store the recurring revenue of an owner, and how it moved."""
    row(models.RecurringRevenue, mark, owner=f"{kind}/{owner}")
    row(models.MrrMovement, mark, customer=f"{kind}/{owner}")
