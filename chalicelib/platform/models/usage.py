"""Tables of the stores' usage: a row for every call, then by hour and by day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class ApiUsageLog(Table):
    """A call of a store's data API. `store_day` is `<store id>/YYYY-MM-DD`, UTC; `id` is a UUIDv7.

    `endpoint` is the route and table, never a raw path. `ip_address` is the /24 or /48 network. `error_message` is the
    problem's code. `changes` counts created, updated and deleted rows by table; `amount` is the total of a placed
    order. `bytes` is the size of an uploaded file, negative for a deleted one.
    """

    class Meta:
        table_name = tables.name("platform", "api_usage_logs")

    KEEP = timedelta(days=90)

    store_day = UnicodeAttribute(personal=False, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    store_id = UnicodeAttribute(personal=False)
    endpoint = UnicodeAttribute(personal=False)
    method = UnicodeAttribute(personal=False)
    status_code = IntegerAttribute(personal=False, null=True)
    response_time_ms = IntegerAttribute(personal=False, null=True)
    changes = JsonAttribute(personal=False, null=True)
    bytes = IntegerAttribute(personal=False, null=True)
    amount = DecimalAttribute(personal=False, null=True)
    ip_address = UnicodeAttribute(personal=True, null=True)
    user_agent = UnicodeAttribute(personal=True, null=True)
    error_message = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class UsageHoursByHour(GlobalSecondaryIndex["UsageHour"]):
    """The stores that were called in an hour."""

    class Meta:
        index_name = "by_hour"
        projection = KeysOnlyProjection()

    hour = DateTimeAttribute(personal=False, hash_key=True)
    store_id = UnicodeAttribute(personal=False, range_key=True)


class UsageHour(Table):
    """A store's calls in an hour, computed from `api_usage_logs`. A process's first call of the hour creates the row.

    `changes` is `{table: {created, updated, deleted}}`; that of `orders` also has `amount`, the total of placed orders,
    that of `media_library` the bytes of files, `uploaded_bytes` and `deleted_bytes`.
    `endpoints` is gzipped in base64 (`domain/packed_endpoints`): calls, errors and a latency sketch of each endpoint.
    `computed_at` is the hour's start before the first computation. `is_final`: two hours after its end the hour is not
    computed again.
    """

    class Meta:
        table_name = tables.name("platform", "usage_hours")

    KEEP = timedelta(days=90)
    by_hour = UsageHoursByHour()

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    hour = DateTimeAttribute(personal=False, range_key=True)
    calls = IntegerAttribute(personal=False, default=0)
    errors = IntegerAttribute(personal=False, default=0)
    changes = JsonAttribute(personal=False, null=True)
    endpoints = JsonAttribute(personal=False, null=True)
    is_final = BooleanAttribute(personal=False, default=False)
    computed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class UsageMetric(Table):
    """A store's usage on a UTC day, computed from `usage_hours`: set, never added."""

    class Meta:
        table_name = tables.name("platform", "usage_metrics")

    KEEP = timedelta(days=730)

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    metric_date = DateAttribute(personal=False, range_key=True)
    products_created = IntegerAttribute(personal=False, default=0)
    products_updated = IntegerAttribute(personal=False, default=0)
    products_deleted = IntegerAttribute(personal=False, default=0)
    total_products = IntegerAttribute(personal=False, default=0)
    orders_created = IntegerAttribute(personal=False, default=0)
    orders_total_value = DecimalAttribute(personal=False, default=Decimal(0))
    storage_uploaded_bytes = IntegerAttribute(personal=False, default=0)
    storage_deleted_bytes = IntegerAttribute(personal=False, default=0)
    storage_total_bytes = IntegerAttribute(personal=False, default=0)
    api_calls = IntegerAttribute(personal=False, default=0)
    api_errors = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
