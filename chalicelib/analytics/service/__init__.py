"""Use cases of analytics. This module exports the functions that other contexts may call."""

from chalicelib.analytics.service.bookings import record_booking
from chalicelib.analytics.service.collection import feature_used, track
from chalicelib.analytics.service.daily_counts import count_sessions, daily_counts
from chalicelib.analytics.service.sites import register_site

__all__ = ["count_sessions", "daily_counts", "feature_used", "record_booking", "register_site", "track"]
