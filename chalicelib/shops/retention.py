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
    RetentionRule,
    TablePolicy,
)
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import ByIndex, ByKey, OwnerFilter, SubjectQuery
from chalicelib.shops.models import (
    AppSettings,
    AppSettingsVersion,
    InstallationLog,
    Session,
    Shop,
    ShopDomain,
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

_SHOP_BY_KEY = SubjectQuery(SubjectType.SHOP, ByKey("shop", "{shop}"))
_SHOP_BY_INDEX = SubjectQuery(SubjectType.SHOP, ByIndex("shop", "{shop}"))

TABLE_POLICIES = (
    TablePolicy(
        "shops/shops",
        Shop,
        queries=(_SHOP_BY_KEY,),
        app="{app}",
        unique_values=(("shopify_id", "app", "shopify_id"),),
        erase_last=True,
    ),
    TablePolicy(
        "shops/shop_domains",
        ShopDomain,
        queries=(_SHOP_BY_INDEX,),
        app="{app}",
        erase_last=True,
    ),
    TablePolicy(
        "shops/sessions",
        Session,
        queries=(_SHOP_BY_INDEX,),
        app="{app}",
    ),
    TablePolicy(
        "shops/installation_logs",
        InstallationLog,
        queries=(_SHOP_BY_KEY,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings",
        AppSettings,
        queries=(_SHOP_BY_KEY,),
        app="{app}",
    ),
    TablePolicy(
        "shops/app_settings_history",
        AppSettingsVersion,
        queries=(SubjectQuery(SubjectType.SHOP, ByKey("shop_app", "{shop}#{app}")),),
    ),
    TablePolicy(
        "shops/webhook_deliveries",
        WebhookDelivery,
        queries=(
            _SHOP_BY_INDEX,
            SubjectQuery(SubjectType.CUSTOMER, ByIndex("shop", "{shop}"), owner=OwnerFilter(json_column="payload")),
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
        note="The bucket deletes them after 90 days.",
    ),
)
