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
    SCOPES_UPDATE = "scopes_update"
    """The merchant granted other access scopes to an app that stays installed."""


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

    active_app = UnicodeAttribute(personal=False, hash_key=True)
    installed_at = DateTimeAttribute(personal=False, range_key=True)


class Shop(Table):
    """One app in one shop, active or uninstalled."""

    class Meta:
        table_name = tables.name("shops", "shops")

    shop = UnicodeAttribute(personal=True, hash_key=True)
    app = UnicodeAttribute(personal=False, range_key=True)
    access_token = SecretAttribute(personal=True, null=True)
    refresh_token = SecretAttribute(personal=True, null=True)
    token_expires_at = DateTimeAttribute(personal=False, null=True)
    refresh_token_expires_at = DateTimeAttribute(personal=False, null=True)
    scope = UnicodeAttribute(personal=False, null=True)
    last_triggered_at = DateTimeAttribute(personal=False, null=True)
    """Event time of the newest uninstall; details and scopes have columns of their own."""
    details_triggered_at = DateTimeAttribute(personal=False, null=True)
    scope_triggered_at = DateTimeAttribute(personal=False, null=True)
    registered_at = DateTimeAttribute(personal=False, null=True)
    """When this installation's webhooks were registered and ShopInstalled was published; None until then."""
    refused_topics = JsonAttribute(personal=False, null=True)
    """The webhook topics that Shopify refuses: `{"orders/paid": {"reason": …, "since": …}}`. At most one entry
    per topic of the app."""
    unavailable_since = DateTimeAttribute(personal=False, null=True)
    """When Shopify first answered that the shop is frozen, locked or closed; None while the shop is available."""
    unavailable_status = IntegerAttribute(personal=False, null=True)
    """The HTTP status of that answer."""
    probed_at = DateTimeAttribute(personal=False, null=True, attr_name="looked_at")
    """The last call of an unavailable shop."""
    missed_since = DateTimeAttribute(personal=False, null=True)
    """The start of a backfill that an unavailable shop interrupted."""
    iana_timezone = UnicodeAttribute(personal=True, null=True, default="UTC")
    currency = UnicodeAttribute(personal=True, null=True)
    shop_name = UnicodeAttribute(personal=True, null=True)
    email = UnicodeAttribute(personal=True, null=True)
    plan_name = UnicodeAttribute(personal=True, null=True, default="basic")
    confirmed_at = DateTimeAttribute(personal=False, null=True)
    """When the newest granted tokens of this installation were requested; an installation does not set it."""
    session_issued_at = DateTimeAttribute(personal=False, null=True)
    """The newest stored `iat` of a merchant's session token; an installation clears it."""
    token_checked_at = DateTimeAttribute(personal=False, null=True)
    """When the last check of the access token was requested; an installation clears it."""
    guest_key = SecretAttribute(personal=True, null=True)
    """The random key of the pseudonyms of guests; made for the first guest, kept until the shop is erased."""
    shopify_id = UnicodeAttribute(personal=True, null=True)
    """The shop's GID, which stays the same when its domain changes; None until Shopify has reported it."""
    current_domain = UnicodeAttribute(personal=True, null=True)
    """The myshopify domain that Shopify last reported, if it is not `shop`, the first one. Empty if another shop has
    `shop` now, and the present domain is unknown."""
    domain_reported_at = DateTimeAttribute(personal=False, null=True)
    """When Shopify reported the present domain; None if the domain never changed."""
    is_active = BooleanAttribute(personal=False, default=True)
    active_app = UnicodeAttribute(personal=False, null=True)
    installed_at = DateTimeAttribute(personal=False)
    uninstalled_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)

    by_active_app = ShopsByActiveApp()


class ShopDomainsByShop(GlobalSecondaryIndex["ShopDomain"]):
    """The other domains of a shop, by app, for erasure."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    app = UnicodeAttribute(personal=False, range_key=True)


class ShopDomain(Table):
    """A myshopify domain of a shop that is not its first one: its rows are stored under `shop`, the first one (ADR 40)."""

    class Meta:
        table_name = tables.name("shops", "shop_domains")

    domain = UnicodeAttribute(personal=True, hash_key=True)
    app = UnicodeAttribute(personal=False, range_key=True)
    shop = UnicodeAttribute(personal=True)
    shopify_id = UnicodeAttribute(personal=True)
    created_at = DateTimeAttribute(personal=False)

    by_shop = ShopDomainsByShop()


class SessionsByShop(GlobalSecondaryIndex["Session"]):
    """Sessions of one shop, by app."""

    class Meta:
        index_name = "by_shop"
        projection = AllProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    app = UnicodeAttribute(personal=False, range_key=True)


class Session(Table):
    """An offline token that Shopify granted, or a pending OAuth installation."""

    class Meta:
        table_name = tables.name("shops", "sessions")

    id = UnicodeAttribute(personal=True, hash_key=True)
    shop = UnicodeAttribute(personal=True)
    app = UnicodeAttribute(personal=False)
    state = UnicodeAttribute(personal=False)
    is_online = BooleanAttribute(personal=False, default=False)
    scope = UnicodeAttribute(personal=False, null=True)
    expires = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False, null=True)
    access_token = SecretAttribute(personal=True, null=True)
    user_id = IntegerAttribute(personal=True, null=True)
    first_name = UnicodeAttribute(personal=True, null=True)
    last_name = UnicodeAttribute(personal=True, null=True)
    email = UnicodeAttribute(personal=True, null=True)
    account_owner = BooleanAttribute(personal=False, default=False)
    locale = UnicodeAttribute(personal=True, null=True)
    collaborator = BooleanAttribute(personal=False, null=True, default=False)
    email_verified = BooleanAttribute(personal=False, null=True, default=False)
    created_at = DateTimeAttribute(personal=False)

    by_shop = SessionsByShop()


class InstallationLogsByApp(GlobalSecondaryIndex["InstallationLog"]):
    """Installs and uninstalls of one app over a range of time."""

    class Meta:
        index_name = "by_app"
        projection = AllProjection()

    app = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class InstallationLog(Table):
    """One install, uninstall, reinstall or change of access scopes; the id sorts by time."""

    class Meta:
        table_name = tables.name("shops", "installation_logs")

    shop = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    app = UnicodeAttribute(personal=False)
    event_type = EnumAttribute(EventType, personal=False)
    metadata = JsonAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)

    by_app = InstallationLogsByApp()


class AppSettings(Table):
    """A merchant's settings of one app; `version` is the optimistic lock."""

    class Meta:
        table_name = tables.name("shops", "app_settings")

    shop = UnicodeAttribute(personal=True, hash_key=True)
    app = UnicodeAttribute(personal=False, range_key=True)
    settings = JsonAttribute(personal=True, default=dict)
    version = IntegerAttribute(personal=False, default=1)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class AppSettingsVersion(Table):
    """One saved version of the settings; the current version is included."""

    class Meta:
        table_name = tables.name("shops", "app_settings_history")

    shop_app = UnicodeAttribute(personal=True, hash_key=True)
    version = IntegerAttribute(personal=False, range_key=True)
    shop = UnicodeAttribute(personal=True)
    app = UnicodeAttribute(personal=False)
    settings = JsonAttribute(personal=True)
    changed_by = UnicodeAttribute(personal=True, null=True)
    changed_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class DeliveriesByShop(GlobalSecondaryIndex["WebhookDelivery"]):
    """A shop's deliveries by time, for erasure."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    received_at = DateTimeAttribute(personal=False, range_key=True)


class DeliveriesByWebhook(GlobalSecondaryIndex["WebhookDelivery"]):
    """Deliveries whose webhook id is the key of another delivery. Sparse: almost every webhook id is unique."""

    class Meta:
        index_name = "by_webhook_id"
        projection = KeysOnlyProjection()

    webhook_id = UnicodeAttribute(personal=False, hash_key=True)


class WebhookDelivery(Table):
    """One webhook delivery, identified by its app, shop, topic and webhook id.

    `delivery_id` is the webhook id; if another delivery has that key, it is `<webhook id>~<digest>`, and `webhook_id` is
    set. `payload` is the body, or {"stored_at": "s3://…"} if it is large.
    """

    class Meta:
        table_name = tables.name("shops", "webhook_deliveries")

    delivery_id = UnicodeAttribute(personal=False, hash_key=True)
    webhook_id = UnicodeAttribute(personal=False, null=True)
    event_id = UnicodeAttribute(personal=False, null=True)
    triggered_at = DateTimeAttribute(personal=False, null=True)
    payload = JsonAttribute(personal=True, null=True)
    shop = UnicodeAttribute(personal=True)
    app = UnicodeAttribute(personal=False)
    topic = UnicodeAttribute(personal=False)
    status = EnumAttribute(DeliveryStatus, personal=False)
    error_message = UnicodeAttribute(personal=False, null=True)
    received_at = DateTimeAttribute(personal=False)
    processed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)

    by_shop = DeliveriesByShop()
    by_webhook_id = DeliveriesByWebhook()
