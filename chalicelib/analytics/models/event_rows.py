"""Tables of single events, page views and visits of the last 90 days. The lake keeps them for two years."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.analytics.enums import EventType
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table

KEEP = timedelta(days=90)
"""How long each row is stored after its event."""


class AnalyticsEvent(Table):
    """One event, except page views.

    `who` is `<tenant>#u#<user_id>`, or `<tenant>#s#<session or visitor>` of an event without a user; `at_id` is
    `<occurred_at>#<id>`. `ip_hash` and `visitor` are hashes under the day's salt. Money is in `currency`.
    """

    class Meta:
        table_name = tables.name("analytics", "analytics_events")

    KEEP: ClassVar = KEEP

    who = UnicodeAttribute(personal=True, hash_key=True)
    at_id = UnicodeAttribute(personal=False, range_key=True)
    id = UnicodeAttribute(personal=False)
    tenant = UnicodeAttribute(personal=True)
    user_id = UnicodeAttribute(personal=True, null=True)
    session_id = UnicodeAttribute(personal=True, null=True)
    visitor = UnicodeAttribute(personal=True, null=True)
    event_type = EnumAttribute(EventType, personal=False)
    event_name = UnicodeAttribute(personal=False)
    event_data = JsonAttribute(personal=True, null=True)
    page_url = UnicodeAttribute(personal=True, null=True)
    device_type = UnicodeAttribute(personal=False, null=True)
    browser = UnicodeAttribute(personal=False, null=True)
    ip_hash = UnicodeAttribute(personal=True, null=True)
    value = DecimalAttribute(personal=False, null=True)
    currency = UnicodeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    day = DateAttribute(personal=False)
    occurred_at = DateTimeAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class PageView(Table):
    """One page view of a settled visit. `who` and `at_id` are as in AnalyticsEvent; `session_id` is the visit's id.

    `duration_seconds` lasts to the visit's next page view or to `page_leave`; null if neither follows.
    """

    class Meta:
        table_name = tables.name("analytics", "page_views")

    KEEP: ClassVar = KEEP

    who = UnicodeAttribute(personal=True, hash_key=True)
    at_id = UnicodeAttribute(personal=False, range_key=True)
    id = UnicodeAttribute(personal=False)
    tenant = UnicodeAttribute(personal=True)
    session_id = UnicodeAttribute(personal=True)
    user_id = UnicodeAttribute(personal=True, null=True)
    path = UnicodeAttribute(personal=True)
    referrer = UnicodeAttribute(personal=True, null=True)
    device_type = UnicodeAttribute(personal=False, null=True)
    duration_seconds = IntegerAttribute(personal=False, null=True)
    is_bounce = BooleanAttribute(personal=False, default=False)
    day = DateAttribute(personal=False)
    viewed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class UserSessionsByUser(GlobalSecondaryIndex["UserSession"]):
    """The visits of a tenant's user. Sparse: visits without a user lack `tenant_user`."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    tenant_user = UnicodeAttribute(personal=True, hash_key=True)
    session_id = UnicodeAttribute(personal=True, range_key=True)


class UserSession(Table):
    """One settled visit.

    `tenant_day` is `<tenant>#<day>` of the visit's first day; `session_id` is `YYYYMMDD-<id>` of that day and of the first
    event, so one read finds a visit by its id and tenant. `tenant_user` is `<tenant>#<user_id>`. `who` lists the keys of
    the visit's events, at most 20.
    """

    class Meta:
        table_name = tables.name("analytics", "user_sessions")

    KEEP: ClassVar = KEEP

    by_user = UserSessionsByUser()

    tenant_day = UnicodeAttribute(personal=True, hash_key=True)
    session_id = UnicodeAttribute(personal=True, range_key=True)
    tenant = UnicodeAttribute(personal=True)
    user_id = UnicodeAttribute(personal=True, null=True)
    tenant_user = UnicodeAttribute(personal=True, null=True)
    who = StringListAttribute(personal=True)
    entry_page = UnicodeAttribute(personal=True, null=True)
    exit_page = UnicodeAttribute(personal=True, null=True)
    page_count = IntegerAttribute(personal=False, default=0)
    event_count = IntegerAttribute(personal=False, default=0)
    duration_seconds = IntegerAttribute(personal=False, default=0)
    is_bounce = BooleanAttribute(personal=False, default=False)
    device_type = UnicodeAttribute(personal=False, null=True)
    browser = UnicodeAttribute(personal=False, null=True)
    referrer = UnicodeAttribute(personal=True, null=True)
    channel = UnicodeAttribute(personal=False, null=True)
    utm = JsonAttribute(personal=True, null=True)
    converted = BooleanAttribute(personal=False, default=False)
    started_at = DateTimeAttribute(personal=False)
    ended_at = DateTimeAttribute(personal=False)
    generation = IntegerAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
