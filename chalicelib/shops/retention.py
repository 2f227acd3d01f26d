"""Retention rules and personal data of the shops' tables.

DynamoDB's TTL deletes webhook deliveries after 30 days and settings versions after one year. Shops and their current
settings are stored until the shop is erased. Installation logs are archived after two years.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.data_policy import (
    Bucket,
    ExpiryAction,
    ObjectPrefix,
    OwnerFilter,
    RetentionRule,
    SubjectQuery,
    TablePolicy,
    columns,
)
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.shops.models import (
    AppSettings,
    AppSettingsVersion,
    InstallationLog,
    Session,
    Shop,
    WebhookDelivery,
)

RULES = (
    RetentionRule(
        "shops/sessions", Session, timestamp_column="expires", lifetime=timedelta(0), action=ExpiryAction.DELETE
    ),
    RetentionRule(
        "shops/installation_logs",
        InstallationLog,
        timestamp_column="created_at",
        lifetime=timedelta(days=730),
        action=ExpiryAction.ARCHIVE,
    ),
)

_BY_SHOP = SubjectQuery(SubjectType.SHOP, "shop", "{shop}")

TABLE_POLICIES = (
    TablePolicy(
        "shops/shops",
        Shop,
        personal=columns("shop access_token refresh_token iana_timezone currency shop_name email plan_name"),
        impersonal=columns(
            """app token_expires_at refresh_token_expires_at scope last_triggered_at details_triggered_at
            scope_triggered_at registered_at confirmed_at session_issued_at token_checked_at is_active active_app
            installed_at uninstalled_at created_at updated_at"""
        ),
        queries=(_BY_SHOP,),
        app="{app}",
        erase_last=True,
    ),
    TablePolicy(
        "shops/sessions",
        Session,
        personal=columns("id shop access_token user_id first_name last_name email locale"),
        impersonal=columns(
            "app state is_online scope expires expires_epoch account_owner collaborator email_verified created_at"
        ),
        queries=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/installation_logs",
        InstallationLog,
        personal=columns("shop"),
        impersonal=columns("id app event_type metadata created_at"),
        queries=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings",
        AppSettings,
        personal=columns("shop settings"),
        impersonal=columns("app version created_at updated_at"),
        queries=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings_history",
        AppSettingsVersion,
        personal=columns("shop_app shop settings changed_by"),
        impersonal=columns("version app changed_at expires_epoch"),
        queries=(SubjectQuery(SubjectType.SHOP, "shop_app", "{shop}#{app}"),),
    ),
    TablePolicy(
        "shops/webhook_deliveries",
        WebhookDelivery,
        personal=columns("shop payload"),
        impersonal=columns(
            "delivery_id event_id triggered_at app topic status error_message received_at processed_at expires_epoch"
        ),
        queries=(
            _BY_SHOP,
            SubjectQuery(SubjectType.CUSTOMER, "shop", "{shop}", owner=OwnerFilter(json_column="payload")),
        ),
        app="{app}",
        object_columns=("payload",),
        unique_values=(("event", "app", "shop", "topic", "event_id"),),
    ),
)
OBJECT_PREFIXES = (
    ObjectPrefix(
        Bucket.IMAGES,
        "payloads/shops/",
        folders={SubjectType.SHOP: "payloads/shops/{shop}/{app}/", SubjectType.CUSTOMER: "payloads/shops/{shop}/"},
        content_matched=frozenset({SubjectType.CUSTOMER}),
        note="The bucket ends them after 90 days.",
    ),
)
