"""Tables of the days: check-ins, dates, scores."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import DateKind, Trend


class CheckinsByUser(GlobalSecondaryIndex["DailyCheckin"]):
    """A member's check-ins of all relationships, by date."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    checkin = UnicodeAttribute(personal=True, range_key=True)


class DailyCheckin(Table):
    """A member's check-in of one calendar day in their time zone. `checkin` is `<checkin_date>#<user_id>`.

    The row with the later `recorded_at` wins. `in_pause` marks a check-in of a pause: the partner never sees it.
    """

    class Meta:
        table_name = tables.name("together", "daily_checkins")

    by_user = CheckinsByUser()

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    checkin = UnicodeAttribute(personal=True, range_key=True)
    user_id = UnicodeAttribute(personal=True)
    checkin_date = DateAttribute(personal=False)
    connection_score = IntegerAttribute(personal=True)
    mood_score = IntegerAttribute(personal=True)
    relationship_satisfaction = IntegerAttribute(personal=True)
    gratitude_note = UnicodeAttribute(personal=True, null=True)
    support_needed = UnicodeAttribute(personal=True, null=True)
    highlight = UnicodeAttribute(personal=True, null=True)
    is_private = BooleanAttribute(personal=False, default=False)
    in_pause = BooleanAttribute(personal=False, default=False)
    timezone = UnicodeAttribute(personal=True)
    recorded_at = DateTimeAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class ImportantDate(Table):
    """A date that a couple remembers. The year of `date_value` is 2000 if `year_known` is false."""

    class Meta:
        table_name = tables.name("together", "important_dates")

    id = UnicodeAttribute(personal=False, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    title = UnicodeAttribute(personal=True)
    date_value = DateAttribute(personal=True)
    year_known = BooleanAttribute(personal=False, default=True)
    kind = EnumAttribute(DateKind, personal=False)
    is_recurring = BooleanAttribute(personal=False, default=True)
    reminder_days_before = IntegerAttribute(personal=False, default=7)
    next_on = DateAttribute(personal=False, null=True)
    created_by = UnicodeAttribute(personal=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class RelationshipScore(Table):
    """A couple's score of one day and its parts. `health_score` is null if there are too few shared check-ins."""

    class Meta:
        table_name = tables.name("together", "relationship_analytics")

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)
    health_score = DecimalAttribute(personal=True, null=True)
    components = JsonAttribute(personal=True, null=True)
    method = IntegerAttribute(personal=False)
    connection_avg = DecimalAttribute(personal=True, null=True)
    mood_avg = DecimalAttribute(personal=True, null=True)
    satisfaction_avg = DecimalAttribute(personal=True, null=True)
    checkin_streak = IntegerAttribute(personal=True, default=0)
    activities_completed = IntegerAttribute(personal=True, default=0)
    goals_completed = IntegerAttribute(personal=True, default=0)
    communication_minutes = IntegerAttribute(personal=True, default=0)
    trend = EnumAttribute(Trend, personal=False, null=True)
    computed_at = DateTimeAttribute(personal=False)
