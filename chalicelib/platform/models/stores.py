"""Tables of the stores and of the servers and buckets that they are connected to."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    MapAttribute,
    SecretAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.platform.enums import (
    DatabaseStatus,
    DatabaseType,
    IntegrationType,
    StorageStatus,
    StorageType,
    StorePlan,
    StoreSubscriptionStatus,
)


class StoresByOwner(GlobalSecondaryIndex["Store"]):
    """An owner's stores. Keys only, so that no counter writes it."""

    class Meta:
        index_name = "by_owner"
        projection = KeysOnlyProjection()

    owner_id = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class StoresByDatabaseStatus(GlobalSecondaryIndex["Store"]):
    """Stores by the status of their database. Keys only, so that no counter writes it."""

    class Meta:
        index_name = "by_database_status"
        projection = KeysOnlyProjection()

    database_status = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class Store(Table):
    """A store. Every call of its data API updates this row, so it stays small.

    The unique value of `slug` names this row. `limits` are those of the current subscription, else the free plan's, by
    name (`max_products`, …). `subscriptions` maps an id to `{version, plan, status, access_until, limits}`, at most 5.
    `usage_month` (`YYYY-MM`, UTC) is the month that `api_calls_month` and `orders_month` count. `api_keys` maps a key's
    id to `[SHA-256 of the key as shown (bytes), scope, name, created_at (epoch seconds)]`, at most 10. `order_number` is
    the number of the last order. `config_version` increases with every change of the connection. `active_job` is the id of the
    job in progress.
    """

    class Meta:
        table_name = tables.name("platform", "stores")

    by_owner = StoresByOwner()
    by_database_status = StoresByDatabaseStatus()

    id = UnicodeAttribute(personal=False, hash_key=True)
    name = UnicodeAttribute(personal=False)
    slug = UnicodeAttribute(personal=False)
    owner_id = UnicodeAttribute(personal=True)
    currency = UnicodeAttribute(personal=False, default="USD")
    timezone = UnicodeAttribute(personal=False, default="UTC")
    region = UnicodeAttribute(personal=False, null=True)
    database_type = EnumAttribute(DatabaseType, personal=False, null=True)
    database_host = UnicodeAttribute(personal=False, null=True)
    database_name = UnicodeAttribute(personal=False, null=True)
    database_status = EnumAttribute(DatabaseStatus, personal=False, null=True)
    storage_type = EnumAttribute(StorageType, personal=False, null=True)
    storage_status = EnumAttribute(StorageStatus, personal=False, null=True)
    subscription_plan = EnumAttribute(StorePlan, personal=False, default=StorePlan.FREE)
    subscription_status = EnumAttribute(StoreSubscriptionStatus, personal=False, default=StoreSubscriptionStatus.ACTIVE)
    trial_ends_at = DateTimeAttribute(personal=False, null=True)
    subscription_started_at = DateTimeAttribute(personal=False, null=True)
    access_until = DateTimeAttribute(personal=False, null=True)
    limits = MapAttribute(personal=False)
    subscriptions = JsonAttribute(personal=False, default=dict)
    product_count = IntegerAttribute(personal=False, default=0)
    order_count = IntegerAttribute(personal=False, default=0)
    storage_used_bytes = IntegerAttribute(personal=False, default=0)
    api_calls_month = IntegerAttribute(personal=False, default=0)
    orders_month = IntegerAttribute(personal=False, default=0)
    usage_month = UnicodeAttribute(personal=False, null=True)
    order_number = IntegerAttribute(personal=False, default=0)
    config_version = IntegerAttribute(personal=False, default=0)
    schema_revision = UnicodeAttribute(personal=False, null=True)
    active_job = UnicodeAttribute(personal=False, null=True)
    api_keys = MapAttribute(personal=False, default=dict)
    is_active = BooleanAttribute(personal=False, default=True)
    is_published = BooleanAttribute(personal=False, default=False)
    last_activity_at = DateTimeAttribute(personal=False, null=True)
    suspended_reason = UnicodeAttribute(personal=False, null=True)
    deletion_due_at = DateTimeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class IntegrationConfig(Table):
    """The connection of a store to a database or a bucket.

    `config_data` holds passwords and keys: of the account that runs, and of the one that migrates if it is another.
    `public` holds host, port, database, schema, user, project reference, bucket and region, never a secret.
    `last_error` is our words, never the server's. A `ca_certificate` over 4 kB is an address in S3.
    """

    class Meta:
        table_name = tables.name("platform", "integration_configs")

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    integration_type = EnumAttribute(IntegrationType, personal=False, range_key=True)
    config_data = SecretAttribute(personal=False)
    public = JsonAttribute(personal=False)
    ca_certificate = UnicodeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=1)
    is_active = BooleanAttribute(personal=False, default=True)
    last_checked_at = DateTimeAttribute(personal=False, null=True)
    last_error = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
