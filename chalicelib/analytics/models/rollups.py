"""Tables of the daily counts that a computation of a day sets. `generation` is the fence of that computation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table

TWO_YEARS = timedelta(days=731)


class DailyTraffic(Table):
    """The visits of a tenant's day. A visit counts on its first day; `visitors` are distinct persons of the day.

    `active_users` are known users. `active_users_7d` and `active_users_30d` are set after the day's end, and a
    computation leaves them alone. `top` holds lists of at most 20 values each, `recent` the last 20 events without
    personal data; both are gzipped, in base64.
    """

    class Meta:
        table_name = tables.name("analytics", "daily_traffic")

    KEEP: ClassVar = timedelta(days=5 * 366)

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)
    visitors = IntegerAttribute(personal=False, default=0)
    visits = IntegerAttribute(personal=False, default=0)
    page_views = IntegerAttribute(personal=False, default=0)
    events = IntegerAttribute(personal=False, default=0)
    bounces = IntegerAttribute(personal=False, default=0)
    bounce_rate = DecimalAttribute(personal=False, null=True)
    duration_seconds = IntegerAttribute(personal=False, default=0)
    active_users = IntegerAttribute(personal=False, default=0)
    active_users_7d = IntegerAttribute(personal=False, null=True)
    active_users_30d = IntegerAttribute(personal=False, null=True)
    new_users = IntegerAttribute(personal=False, default=0)
    bots = IntegerAttribute(personal=False, default=0)
    top = JsonAttribute(personal=False, null=True)
    recent = JsonAttribute(personal=False, null=True)
    generation = IntegerAttribute(personal=False)
    computed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class EventCount(Table):
    """How often one event occurred on a day, for one value of the counted property.

    `tenant_event` is `<tenant>#<event>`, `day_value` is `<day>#<value>`. `visitors` are distinct persons of the day.
    """

    class Meta:
        table_name = tables.name("analytics", "event_counts")

    KEEP: ClassVar = TWO_YEARS

    tenant_event = UnicodeAttribute(personal=True, hash_key=True)
    day_value = UnicodeAttribute(personal=False, range_key=True)
    tenant = UnicodeAttribute(personal=True)
    event = UnicodeAttribute(personal=False)
    day = DateAttribute(personal=False)
    value = UnicodeAttribute(personal=False)
    event_count = IntegerAttribute(personal=False, default=0, attr_name="count")
    visitors = IntegerAttribute(personal=False, default=0)
    generation = IntegerAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class FeatureUsagesByTenant(GlobalSecondaryIndex["FeatureUsage"]):
    """The features that a tenant's users used, by day."""

    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)


class FeatureUsage(Table):
    """The use of one feature on a day. `tenant_feature` is `<tenant>#<feature>`.

    `new_users` used the feature for the first time ever on that day. `completion_rate` is `completions` / `starts` with
    four decimals; `satisfaction_score` is the mean rating, 1 to 5.
    """

    class Meta:
        table_name = tables.name("analytics", "feature_usage_metrics")

    KEEP: ClassVar = TWO_YEARS

    by_tenant = FeatureUsagesByTenant()

    tenant_feature = UnicodeAttribute(personal=True, hash_key=True)
    tenant = UnicodeAttribute(personal=True)
    feature = UnicodeAttribute(personal=False)
    date = DateAttribute(personal=False, range_key=True)
    active_users = IntegerAttribute(personal=False, default=0)
    new_users = IntegerAttribute(personal=False, default=0)
    usage_count = IntegerAttribute(personal=False, default=0)
    time_spent_seconds = IntegerAttribute(personal=False, default=0)
    starts = IntegerAttribute(personal=False, default=0)
    completions = IntegerAttribute(personal=False, default=0)
    completion_rate = DecimalAttribute(personal=False, null=True)
    rating_sum = IntegerAttribute(personal=False, default=0)
    rating_count = IntegerAttribute(personal=False, default=0)
    satisfaction_score = DecimalAttribute(personal=False, null=True)
    last_used = DateTimeAttribute(personal=False, null=True)
    generation = IntegerAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class EngagementScore(Table):
    """A user's day, in their time zone. `tenant_user` is `<tenant>#<user_id>`.

    There is one for every day with an event of the user: erasure and export find the days of the lake by it. `score` is
    0 to 100.
    """

    class Meta:
        table_name = tables.name("analytics", "engagement_scores")

    KEEP: ClassVar = TWO_YEARS

    tenant_user = UnicodeAttribute(personal=True, hash_key=True)
    user_id = UnicodeAttribute(personal=True)
    tenant = UnicodeAttribute(personal=True)
    date = DateAttribute(personal=False, range_key=True)
    checkin_count = IntegerAttribute(personal=False, default=0)
    activity_count = IntegerAttribute(personal=False, default=0)
    message_count = IntegerAttribute(personal=False, default=0)
    feature_usage_count = IntegerAttribute(personal=False, default=0)
    session_duration_seconds = IntegerAttribute(personal=False, default=0)
    score = IntegerAttribute(personal=False)
    generation = IntegerAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class PartnerDay(Table):
    """A partner's bookings of one day. Money is in `currency`; canceled bookings count in `cancellations` only."""

    class Meta:
        table_name = tables.name("analytics", "partner_analytics")

    partner_id = UnicodeAttribute(personal=False, hash_key=True)
    tenant = UnicodeAttribute(personal=False)
    date = DateAttribute(personal=False, range_key=True)
    bookings = IntegerAttribute(personal=False, default=0)
    repeat_bookings = IntegerAttribute(personal=False, default=0)
    cancellations = IntegerAttribute(personal=False, default=0)
    revenue = DecimalAttribute(personal=False, default=Decimal(0))
    commission = DecimalAttribute(personal=False, default=Decimal(0))
    currency = UnicodeAttribute(personal=False, null=True)
    rating_sum = IntegerAttribute(personal=False, default=0)
    rating_count = IntegerAttribute(personal=False, default=0)
    generation = IntegerAttribute(personal=False)
