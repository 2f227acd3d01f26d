"""Use cases of analytics. This module exports the functions that other contexts may call."""

from chalicelib.analytics.service.daily_counts import count_sessions, daily_counts

__all__ = ["count_sessions", "daily_counts"]
