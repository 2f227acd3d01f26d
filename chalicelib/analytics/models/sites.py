"""Tables of the tenants that are measured, and of the salts of their visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.analytics.enums import SiteKind
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    SecretAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class SitesByKind(GlobalSecondaryIndex["Site"]):
    """The sites of one kind. Written when a site is registered, by no later change."""

    class Meta:
        index_name = "by_kind"
        projection = KeysOnlyProjection()

    kind = EnumAttribute(SiteKind, personal=False, hash_key=True)
    tenant = UnicodeAttribute(personal=True, range_key=True)


class SitesByCloseDue(GlobalSecondaryIndex["Site"]):
    """The sites to close in one hour (UTC) and shard. Sparse: sites without recent events lack `close_due`."""

    class Meta:
        index_name = "by_close_due"
        projection = KeysOnlyProjection()

    close_due = UnicodeAttribute(personal=False, hash_key=True)
    tenant = UnicodeAttribute(personal=True, range_key=True)


class Site(Table):
    """A tenant that is measured: a shop's app, a store, `together` or `platform`.

    The unique values of `key` (also of `previous_key`) and `secret_hash` name this row. `origins` are the browsers'
    origins that may send; `null` is a sandboxed page or a missing header. `counted` maps an event name to the property
    of its data that event counts are split by. `readers` are the subjects that may read the site (`store:<id>`,
    `owner:<id>`). `close_due` is `YYYY-MM-DDTHH#<shard>`: the hour (UTC) after the site's next midnight.
    """

    class Meta:
        table_name = tables.name("analytics", "sites")

    by_kind = SitesByKind()
    by_close_due = SitesByCloseDue()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    kind = EnumAttribute(SiteKind, personal=False)
    name = UnicodeAttribute(personal=True)
    key = UnicodeAttribute(personal=False)
    secret_hash = UnicodeAttribute(personal=False)
    previous_key = UnicodeAttribute(personal=False, null=True)
    previous_until = DateTimeAttribute(personal=False, null=True)
    time_zone = UnicodeAttribute(personal=False, default="UTC")
    currency = UnicodeAttribute(personal=False, default="USD")
    origins = StringListAttribute(personal=True, default=list)
    counted = JsonAttribute(personal=False, null=True)
    readers = StringListAttribute(personal=True, null=True)
    max_events_per_day = IntegerAttribute(personal=False, default=1_000_000)
    close_due = UnicodeAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class VisitorSalt(Table):
    """The salt of one local date, from which the ids of cookieless visitors are derived. Deleted 48 hours after the date."""

    class Meta:
        table_name = tables.name("analytics", "visitor_salts")

    KEEP: ClassVar = timedelta(hours=48)
    """After the end of the date in every time zone."""

    day = DateAttribute(personal=False, hash_key=True)
    salt = SecretAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
