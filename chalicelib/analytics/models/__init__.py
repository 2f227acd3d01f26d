"""Tables of analytics, in reading order: sites, days of the lake, events, rollups, revenue, reports, experiments, errors."""

from chalicelib.analytics.models.campaigns import Campaign
from chalicelib.analytics.models.cohorts import UserCohort
from chalicelib.analytics.models.error_logs import ErrorGroup
from chalicelib.analytics.models.event_days import EventDay
from chalicelib.analytics.models.event_rows import AnalyticsEvent, PageView, UserSession
from chalicelib.analytics.models.experiments import Experiment, ExperimentAssignment, ExperimentVariant
from chalicelib.analytics.models.funnels import Funnel, FunnelStep, Report
from chalicelib.analytics.models.revenue import ExchangeRate, MrrMovement, RecurringRevenue, RevenueDay
from chalicelib.analytics.models.rollups import DailyTraffic, EngagementScore, EventCount, FeatureUsage, PartnerDay
from chalicelib.analytics.models.sites import Site, VisitorSalt

__all__ = [
    "AnalyticsEvent",
    "Campaign",
    "DailyTraffic",
    "EngagementScore",
    "ErrorGroup",
    "EventCount",
    "EventDay",
    "ExchangeRate",
    "Experiment",
    "ExperimentAssignment",
    "ExperimentVariant",
    "FeatureUsage",
    "Funnel",
    "FunnelStep",
    "MrrMovement",
    "PageView",
    "PartnerDay",
    "RecurringRevenue",
    "Report",
    "RevenueDay",
    "Site",
    "UserCohort",
    "UserSession",
    "VisitorSalt",
]
