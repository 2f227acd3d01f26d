"""The table of cohorts."""

from __future__ import annotations

from decimal import Decimal

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    IntegerAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class UserCohortsByTenant(GlobalSecondaryIndex["UserCohort"]):
    """A tenant's cohorts by week. A list is read from it alone."""

    class Meta:
        index_name = "by_tenant"
        projection = AllProjection()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    cohort_date = DateAttribute(personal=False, range_key=True)


class UserCohort(Table):
    """The users of one ISO week of sign-up and channel, in one period.

    `cohort` is `<tenant>#YYYY-Www#<channel>`; `cohort_date` is its Monday; `period` is the number of weeks since
    sign-up, 0 to 104. `active_users` is null until the period begins. `lifetime_value` is cumulated, per user.
    """

    class Meta:
        table_name = tables.name("analytics", "user_cohorts")

    by_tenant = UserCohortsByTenant()

    cohort = UnicodeAttribute(personal=True, hash_key=True)
    tenant = UnicodeAttribute(personal=True)
    cohort_date = DateAttribute(personal=False)
    acquisition_channel = UnicodeAttribute(personal=False, null=True)
    period = IntegerAttribute(personal=False, range_key=True)
    cohort_size = IntegerAttribute(personal=False)
    active_users = IntegerAttribute(personal=False, null=True)
    retention_rate = DecimalAttribute(personal=False, null=True)
    lifetime_value = DecimalAttribute(personal=False, default=Decimal(0))
    is_complete = BooleanAttribute(personal=False, default=False)
    computed_at = DateTimeAttribute(personal=False)
