"""Use cases of analytics. This module exports the functions that other contexts may call."""

from chalicelib.analytics.enums import MetricKind
from chalicelib.analytics.service.bookings import record_booking
from chalicelib.analytics.service.collection import feature_used, track
from chalicelib.analytics.service.daily_counts import count_sessions, daily_counts
from chalicelib.analytics.service.experiments import create_experiment, list_experiments, result, start, stop
from chalicelib.analytics.service.exposures import assign, convert, expose
from chalicelib.analytics.service.sites import register_site

__all__ = [
    "MetricKind",
    "assign",
    "convert",
    "count_sessions",
    "create_experiment",
    "daily_counts",
    "expose",
    "feature_used",
    "list_experiments",
    "record_booking",
    "register_site",
    "result",
    "start",
    "stop",
    "track",
]
