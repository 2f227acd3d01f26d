"""Tables of the shops."""

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
    """Stored and published; the row does not show what the consumers did."""
    PROCESSED = "processed"
    """Handled by this context."""
    FAILED = "failed"
    """Correctly signed, but the payload is invalid; `error_message` has the reason."""


class ShopsByActiveApp(GlobalSecondaryIndex["Shop"]):
    """Active shops of one app, by time of installation. Sparse: an uninstall removes `active_app`."""

    class Meta:
        index_name = "by_active_app"
        projection = AllProjection()

    active_app = UnicodeAttribute(hash_key=True)
    installed_at = DateTimeAttribute(range_key=True)


class Shop(Table):
    """One app in one shop, active or uninstalled."""

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
    """Event time of the newest uninstall; details and scopes have columns of their own."""
    details_triggered_at = DateTimeAttribute(null=True)
    scope_triggered_at = DateTimeAttribute(null=True)
    registered_at = DateTimeAttribute(null=True)
    """When this installation's webhooks were registered and ShopInstalled was published; None until then."""
    iana_timezone = UnicodeAttribute(null=True, default="UTC")
    currency = UnicodeAttribute(null=True)
    shop_name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    plan_name = UnicodeAttribute(null=True, default="basic")
    confirmed_at = DateTimeAttribute(null=True)
    """When the newest granted tokens of this installation were requested; an installation does not set it."""
    session_issued_at = DateTimeAttribute(null=True)
    """The newest stored `iat` of a merchant's session token; an installation clears it."""
    token_checked_at = DateTimeAttribute(null=True)
    """When the last check of the access token was requested; an installation clears it."""
    is_active = BooleanAttribute(default=True)
    active_app = UnicodeAttribute(null=True)
    installed_at = DateTimeAttribute()
    uninstalled_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()

    by_active_app = ShopsByActiveApp()


class SessionsByShop(GlobalSecondaryIndex["Session"]):
    """Sessions of one shop, by app."""

    class Meta:
        index_name = "by_shop"
        projection = AllProjection()

    shop = UnicodeAttribute(hash_key=True)
    app = UnicodeAttribute(range_key=True)


class Session(Table):
    """An offline token that Shopify granted, or a pending OAuth installation."""

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

    by_shop = SessionsByShop()


class InstallationLogsByApp(GlobalSecondaryIndex["InstallationLog"]):
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

    by_app = InstallationLogsByApp()


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
    """One saved version of the settings; the current version is included."""

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


class DeliveriesByShop(GlobalSecondaryIndex["WebhookDelivery"]):
    """A shop's deliveries by time, for erasure."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(hash_key=True)
    received_at = DateTimeAttribute(range_key=True)


class WebhookDelivery(Table):
    """One webhook delivery. `payload` is the body, or {"stored_at": "s3://…"} if it is large."""

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

    by_shop = DeliveriesByShop()
