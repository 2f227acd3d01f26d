"""The tables of the shops."""

from __future__ import annotations

from enum import StrEnum

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    SecretAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class EventType(StrEnum):
    INSTALL = "install"
    UNINSTALL = "uninstall"
    REINSTALL = "reinstall"


class DeliveryStatus(StrEnum):
    RECEIVED = "received"
    """On record and handed on; what became of it then is the consumer's affair."""
    PROCESSED = "processed"
    """Applied by the shops themselves."""
    FAILED = "failed"
    """Genuine, but nothing that we can read; `error_message` says what is wrong with it."""


class ActiveShops(GlobalSecondaryIndex["Shop"]):
    """Active shops of one app, by the time of their installation. Sparse: `active_app` goes with the app."""

    class Meta:
        index_name = "by_active_app"
        projection = AllProjection()

    active_app = UnicodeAttribute(hash_key=True)
    installed_at = DateTimeAttribute(range_key=True)


class Shop(Table):
    """One app in one shop, whether still installed or not."""

    class Meta:
        table_name = tables.name("shops", "shops")

    shop = UnicodeAttribute(hash_key=True)
    app = UnicodeAttribute(range_key=True)
    access_token = SecretAttribute(null=True)
    refresh_token = SecretAttribute(null=True)
    token_expires_at = DateTimeAttribute(null=True)
    refresh_token_expires_at = DateTimeAttribute(null=True)
    scope = UnicodeAttribute(null=True)
    last_triggered_at = DateTimeAttribute(null=True)
    """The newest uninstall that was told; details and scopes each have their own."""
    details_triggered_at = DateTimeAttribute(null=True)
    scope_triggered_at = DateTimeAttribute(null=True)
    registered_at = DateTimeAttribute(null=True)
    """When this installation's webhooks were registered and the others told of it; None until then."""
    iana_timezone = UnicodeAttribute(null=True, default="UTC")
    currency = UnicodeAttribute(null=True)
    shop_name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    plan_name = UnicodeAttribute(null=True, default="basic")
    confirmed_at = DateTimeAttribute(null=True)
    """When Shopify was last asked for tokens that it granted to this installation; None since the installation."""
    session_issued_at = DateTimeAttribute(null=True)
    """The newest stored `iat` of a merchant's session token; None since the installation."""
    token_checked_at = DateTimeAttribute(null=True)
    """When a job was last asked to try the access token; None since the installation."""
    is_active = BooleanAttribute(default=True)
    active_app = UnicodeAttribute(null=True)
    installed_at = DateTimeAttribute()
    uninstalled_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()

    by_active_app = ActiveShops()


class SessionsOfShop(GlobalSecondaryIndex["Session"]):
    """Sessions of one shop, by app."""

    class Meta:
        index_name = "by_shop"
        projection = AllProjection()

    shop = UnicodeAttribute(hash_key=True)
    app = UnicodeAttribute(range_key=True)


class Session(Table):
    """What Shopify granted to an app in a shop, or an installation that was begun and waits for Shopify's answer."""

    class Meta:
        table_name = tables.name("shops", "sessions")

    id = UnicodeAttribute(hash_key=True)
    shop = UnicodeAttribute()
    app = UnicodeAttribute()
    state = UnicodeAttribute()
    is_online = BooleanAttribute(default=False)
    scope = UnicodeAttribute(null=True)
    expires = DateTimeAttribute(null=True)
    expires_epoch = ExpiryAttribute(null=True)
    access_token = SecretAttribute(null=True)
    user_id = IntegerAttribute(null=True)
    first_name = UnicodeAttribute(null=True)
    last_name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    account_owner = BooleanAttribute(default=False)
    locale = UnicodeAttribute(null=True)
    collaborator = BooleanAttribute(null=True, default=False)
    email_verified = BooleanAttribute(null=True, default=False)
    created_at = DateTimeAttribute()

    by_shop = SessionsOfShop()


class LogsOfApp(GlobalSecondaryIndex["InstallationLog"]):
    """Installs and uninstalls of one app over a range of time."""

    class Meta:
        index_name = "by_app"
        projection = AllProjection()

    app = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class InstallationLog(Table):
    """One install, uninstall or reinstall; the id sorts by time."""

    class Meta:
        table_name = tables.name("shops", "installation_logs")

    shop = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    app = UnicodeAttribute()
    event_type = EnumAttribute(EventType)
    metadata = JsonAttribute(null=True)
    created_at = DateTimeAttribute()

    by_app = LogsOfApp()


class AppSettings(Table):
    """A merchant's settings of one app; `version` is the optimistic lock."""

    class Meta:
        table_name = tables.name("shops", "app_settings")

    shop = UnicodeAttribute(hash_key=True)
    app = UnicodeAttribute(range_key=True)
    settings = JsonAttribute(default=dict)
    version = IntegerAttribute(default=1)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class AppSettingsVersion(Table):
    """Settings as they were saved once, the present ones included."""

    class Meta:
        table_name = tables.name("shops", "app_settings_history")

    shop_app = UnicodeAttribute(hash_key=True)
    version = IntegerAttribute(range_key=True)
    shop = UnicodeAttribute()
    app = UnicodeAttribute()
    settings = JsonAttribute()
    changed_by = UnicodeAttribute(null=True)
    changed_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute()


class DeliveriesOfShop(GlobalSecondaryIndex["WebhookDelivery"]):
    """A shop's deliveries by time: what an erasure looks for."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(hash_key=True)
    received_at = DateTimeAttribute(range_key=True)


class WebhookDelivery(Table):
    """One delivery of Shopify's. `payload` is the body, or {"stored_at": "s3://…"} when it is large."""

    class Meta:
        table_name = tables.name("shops", "webhook_deliveries")

    delivery_id = UnicodeAttribute(hash_key=True)
    event_id = UnicodeAttribute(null=True)
    triggered_at = DateTimeAttribute(null=True)
    payload = JsonAttribute(null=True)
    shop = UnicodeAttribute()
    app = UnicodeAttribute()
    topic = UnicodeAttribute()
    status = EnumAttribute(DeliveryStatus)
    error_message = UnicodeAttribute(null=True)
    received_at = DateTimeAttribute()
    processed_at = DateTimeAttribute(null=True)
    expires_epoch = ExpiryAttribute()

    by_shop = DeliveriesOfShop()
