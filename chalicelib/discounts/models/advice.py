"""Tables of recommendations and of competitors' prices."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from chalicelib.discounts.enums import Objective, RecommendationStatus, WatchStatus
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
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


class Recommendation(Table):
    """The advice on the price of a SKU. `interval` is the 95 % interval of the elasticity, lower and upper bound.

    `gain_per_day` is the expected gain of a day and the bounds of its 95 % interval, in the shop's currency. `missing`
    says why a SKU has no recommendation.
    """

    class Meta:
        table_name = tables.name("discounts", "recommendations")

    KEEP: ClassVar = timedelta(days=30)

    shop = UnicodeAttribute(personal=True, hash_key=True)
    sku = UnicodeAttribute(personal=False, range_key=True)
    status = EnumAttribute(RecommendationStatus, personal=False)
    missing = StringListAttribute(personal=False, null=True)
    elasticity = DecimalAttribute(personal=False, null=True)
    interval = JsonAttribute(personal=False, null=True)
    own_estimate = DecimalAttribute(personal=False, null=True)
    objective = EnumAttribute(Objective, personal=False, null=True)
    advised_percentage = DecimalAttribute(personal=False, null=True)
    gain_per_day = JsonAttribute(personal=False, null=True)
    dismissed_at = DateTimeAttribute(personal=False, null=True)
    computed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class CompetitorWatch(Table):
    """A competitor's product page whose price is read daily. Ten failures in a row pause it."""

    class Meta:
        table_name = tables.name("discounts", "competitor_watches")

    shop = UnicodeAttribute(personal=True, hash_key=True)
    watch_id = UnicodeAttribute(personal=False, range_key=True)
    sku = UnicodeAttribute(personal=False)
    competitor = UnicodeAttribute(personal=False)
    url = UnicodeAttribute(personal=False)
    status = EnumAttribute(WatchStatus, personal=False)
    last_checked_at = DateTimeAttribute(personal=False, null=True)
    failures = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)


class CompetitorPrice(Table):
    """A price that a competitor's page showed. `shop_sku` is `<shop>#<sku>`."""

    class Meta:
        table_name = tables.name("discounts", "competitor_prices")

    KEEP: ClassVar = timedelta(days=366)

    shop_sku = UnicodeAttribute(personal=True, hash_key=True)
    observed_at = DateTimeAttribute(personal=False, range_key=True)
    shop = UnicodeAttribute(personal=True)
    sku = UnicodeAttribute(personal=False)
    competitor = UnicodeAttribute(personal=False)
    url = UnicodeAttribute(personal=False, null=True)
    price = DecimalAttribute(personal=False)
    currency = UnicodeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
