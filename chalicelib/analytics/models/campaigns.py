"""The table of e-mail campaigns."""

from __future__ import annotations

from decimal import Decimal

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import DateTimeAttribute, DecimalAttribute, IntegerAttribute, UnicodeAttribute
from chalicelib.kit.tables import Table


class CampaignsByTenant(GlobalSecondaryIndex["Campaign"]):
    """A tenant's campaigns by the time at which they were sent. No result touches it."""

    class Meta:
        index_name = "by_tenant"
        projection = KeysOnlyProjection()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    listed_at = DateTimeAttribute(personal=False, range_key=True)


class Campaign(Table):
    """An e-mail campaign and its counts of distinct recipients. Money is in `currency`.

    `listed_at` is `sent_at`; the creation until the campaign is sent.
    """

    class Meta:
        table_name = tables.name("analytics", "email_campaign_analytics")

    by_tenant = CampaignsByTenant()

    campaign_id = UnicodeAttribute(personal=False, hash_key=True)
    tenant = UnicodeAttribute(personal=True)
    name = UnicodeAttribute(personal=False)
    sent = IntegerAttribute(personal=False, default=0)
    delivered = IntegerAttribute(personal=False, default=0)
    unique_opens = IntegerAttribute(personal=False, default=0)
    unique_clicks = IntegerAttribute(personal=False, default=0)
    bounces = IntegerAttribute(personal=False, default=0)
    complaints = IntegerAttribute(personal=False, default=0)
    unsubscribes = IntegerAttribute(personal=False, default=0)
    conversions = IntegerAttribute(personal=False, default=0)
    revenue = DecimalAttribute(personal=False, default=Decimal(0))
    cost = DecimalAttribute(personal=False, default=Decimal(0))
    currency = UnicodeAttribute(personal=False, null=True)
    sent_at = DateTimeAttribute(personal=False, null=True)
    listed_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
