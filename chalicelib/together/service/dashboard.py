"""The dashboard: the member's day, with three reads including the sign-in's."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.relationship_state import is_couple
from chalicelib.together.domain.stored_streaks import streak_of
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import User
from chalicelib.together.repository import dashboard
from chalicelib.together.repository.dashboard import SpaceRows
from chalicelib.together.schemas.checkins import StreaksRead
from chalicelib.together.schemas.dashboard import DashboardMember, DashboardRead
from chalicelib.together.schemas.relationships import PartnerProfileRead
from chalicelib.together.service.activities import to_activity_read
from chalicelib.together.service.challenges import to_challenge_read
from chalicelib.together.service.checkin_lists import own_days, readable_checkins
from chalicelib.together.service.checkins import to_streak_read
from chalicelib.together.service.couple_streaks import read_couple_streak
from chalicelib.together.service.dates import sort_key, to_date_read
from chalicelib.together.service.goals import to_goal_read
from chalicelib.together.service.viewers import Viewer

DAYS = 7
_DAY = timedelta(days=1)


def read_dashboard(user: User) -> DashboardRead:
    """Return what the first screen shows. Raises RelationshipNotFound."""
    now = clock.now()
    today = local_date(now, user.timezone)
    # The date of a check-in may be tomorrow here, in a zone further east.
    space = dashboard.read_space(user, (today - number * _DAY for number in range(-1, DAYS)))
    relationship = space.relationship
    if user.id not in (relationship.user_1_id, relationship.user_2_id):
        raise RelationshipNotFound
    viewer, rows = Viewer(user.id, relationship), dashboard.read_open_rows(relationship)
    partner = space.partner if is_couple(relationship) else None
    return DashboardRead(
        me=DashboardMember(id=user.id, display_name=user.display_name, timezone=user.timezone, today=today),
        partner=PartnerProfileRead.of(partner) if partner else None,
        checkins=readable_checkins(space.checkins, viewer, today, own_days(space.checkins, viewer)),
        streak=_streaks(user, space),
        dates=sorted((to_date_read(row, user) for row in rows.dates), key=sort_key),
        goals=[to_goal_read(row, user.id) for row in rows.goals],
        challenges=[to_challenge_read(row, now) for row in rows.challenges],
        activities=[to_activity_read(row, viewer) for row in rows.activities],
        unread=user.unread,
        is_premium=is_premium(relationship.premium_until, now),
    )


def _streaks(user: User, space: SpaceRows) -> StreaksRead:
    mine = to_streak_read(streak_of(user, local_date(clock.now(), user.timezone)))
    if not is_couple(space.relationship):
        return StreaksRead(mine=mine, couple=None)
    return StreaksRead(mine=mine, couple=to_streak_read(read_couple_streak(space.relationship, user, space.partner)))
