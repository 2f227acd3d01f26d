"""Insights: the scores of the couple's last days."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.visibility import RowFacts, RowKind
from chalicelib.together.errors import PremiumRequired
from chalicelib.together.models import User
from chalicelib.together.repository import scores
from chalicelib.together.schemas.insights import DayRead, InsightsRead
from chalicelib.together.service.viewers import viewer_of

FREE_DAYS = 30


def read_insights(user: User, days: int) -> InsightsRead:
    """Return the scores of the last days. Today's is left out until the member has checked in: it tells of the partner's.

    Raises PremiumRequired for over 30 days without premium.
    """
    viewer, now = viewer_of(user), clock.now()
    if days > FREE_DAYS and not is_premium(viewer.relationship.premium_until, now):
        raise PremiumRequired(f"Without premium, the last {FREE_DAYS} days can be read.")
    if viewer.access(RowKind.SCORE, RowFacts()) == "nothing":
        return InsightsRead(days=[], trend=None)
    today = local_date(now, user.timezone)
    last = today if user.streak_end is not None and user.streak_end >= today else today - timedelta(days=1)
    rows = scores.list_scores(viewer.relationship.id, today - timedelta(days=days - 1), last)
    return InsightsRead(days=[DayRead.of(row) for row in rows], trend=rows[-1].trend if rows else None)
