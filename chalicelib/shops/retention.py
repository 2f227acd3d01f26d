"""Retention rules and personal data of the shops' tables.

DynamoDB's TTL deletes webhook deliveries after 30 days and settings versions after one year. Shops and their current
settings are stored until the shop is erased. Installation logs are archived after two years.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.data_policy import Bucket, ObjectPrefix, OwnerFilter, SubjectQuery, TablePolicy, columns
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.lifecycle import ExpiryAction, RetentionRule
from chalicelib.shops.models import (
    AppSettings,
    AppSettingsVersion,
    InstallationLog,
    Session,
    Shop,
    WebhookDelivery,
)

RULES = (
    RetentionRule("shops/sessions", Session, counts="expires", keep=timedelta(0), then=ExpiryAction.DELETE),
    RetentionRule(
        "shops/installation_logs",
        InstallationLog,
        counts="created_at",
        keep=timedelta(days=730),
        then=ExpiryAction.ARCHIVE,
    ),
)

_BY_SHOP = SubjectQuery(SubjectType.SHOP, "shop", "{shop}")

PERSONAL = (
    TablePolicy(
        "shops/shops",
        Shop,
        personal=columns("shop access_token refresh_token iana_timezone currency shop_name email plan_name"),
        impersonal=columns(
            """app token_expires_at refresh_token_expires_at scope last_triggered_at details_triggered_at
            scope_triggered_at registered_at confirmed_at session_issued_at token_checked_at is_active active_app
            installed_at uninstalled_at created_at updated_at"""
        ),
        claims=(_BY_SHOP,),
        app="{app}",
        last=True,
    ),
    TablePolicy(
        "shops/sessions",
        Session,
        personal=columns("id shop access_token user_id first_name last_name email locale"),
        impersonal=columns(
            "app state is_online scope expires expires_epoch account_owner collaborator email_verified created_at"
        ),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/installation_logs",
        InstallationLog,
        personal=columns("shop"),
        impersonal=columns("id app event_type metadata created_at"),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings",
        AppSettings,
        personal=columns("shop settings"),
        impersonal=columns("app version created_at updated_at"),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings_history",
        AppSettingsVersion,
        personal=columns("shop_app shop settings changed_by"),
        impersonal=columns("version app changed_at expires_epoch"),
        claims=(SubjectQuery(SubjectType.SHOP, "shop_app", "{shop}#{app}"),),
    ),
    TablePolicy(
        "shops/webhook_deliveries",
        WebhookDelivery,
        personal=columns("shop payload"),
        impersonal=columns(
            "delivery_id event_id triggered_at app topic status error_message received_at processed_at expires_epoch"
        ),
        claims=(_BY_SHOP, SubjectQuery(SubjectType.CUSTOMER, "shop", "{shop}", whose=OwnerFilter(mention="payload"))),
        app="{app}",
        objects=("payload",),
        guards=(("event", "app", "shop", "topic", "event_id"),),
    ),
)
PREFIXES = (
    ObjectPrefix(
        Bucket.IMAGES,
        "payloads/shops/",
        folders={SubjectType.SHOP: "payloads/shops/{shop}/{app}/", SubjectType.CUSTOMER: "payloads/shops/{shop}/"},
        judged=frozenset({SubjectType.CUSTOMER}),
        remark="The bucket deletes them after 90 days.",
    ),
)
