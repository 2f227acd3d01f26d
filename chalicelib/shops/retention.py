"""How long the shops' rows live, and whose they are.

DynamoDB's own TTL ends webhook deliveries (30 days) and earlier settings (1 year); shops and their settings live until
the shop is erased. Installation logs: two years, as the sources keep events; the archive keeps them beyond.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.lifecycle import Rule, Then
from chalicelib.kit.personal import Bucket, Claim, Holding, Prefix, Whose, columns
from chalicelib.kit.subjects import Who
from chalicelib.shops.models import (
    AppSettings,
    AppSettingsVersion,
    InstallationLog,
    Session,
    Shop,
    WebhookDelivery,
)

RULES = (
    Rule("shops/sessions", Session, counts="expires", keep=timedelta(0), then=Then.DELETE),
    Rule("shops/installation_logs", InstallationLog, counts="created_at", keep=timedelta(days=730), then=Then.ARCHIVE),
)

_BY_SHOP = Claim(Who.SHOP, "shop", "{shop}")

PERSONAL = (
    Holding(
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
    Holding(
        "shops/sessions",
        Session,
        personal=columns("id shop access_token user_id first_name last_name email locale"),
        impersonal=columns(
            "app state is_online scope expires expires_epoch account_owner collaborator email_verified created_at"
        ),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    Holding(
        "shops/installation_logs",
        InstallationLog,
        personal=columns("shop"),
        impersonal=columns("id app event_type metadata created_at"),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    Holding(
        "shops/app_settings",
        AppSettings,
        personal=columns("shop settings"),
        impersonal=columns("app version created_at updated_at"),
        claims=(_BY_SHOP,),
        app="{app}",
    ),
    Holding(
        "shops/app_settings_history",
        AppSettingsVersion,
        personal=columns("shop_app shop settings changed_by"),
        impersonal=columns("version app changed_at expires_epoch"),
        claims=(Claim(Who.SHOP, "shop_app", "{shop}#{app}"),),
    ),
    Holding(
        "shops/webhook_deliveries",
        WebhookDelivery,
        personal=columns("shop payload"),
        impersonal=columns(
            "delivery_id event_id triggered_at app topic status error_message received_at processed_at expires_epoch"
        ),
        claims=(_BY_SHOP, Claim(Who.CUSTOMER, "shop", "{shop}", whose=Whose(mention="payload"))),
        app="{app}",
        objects=("payload",),
        guards=(("event", "app", "shop", "topic", "event_id"),),
    ),
)
PREFIXES = (
    Prefix(
        Bucket.IMAGES,
        "payloads/shops/",
        folders={Who.SHOP: "payloads/shops/{shop}/{app}/", Who.CUSTOMER: "payloads/shops/{shop}/"},
        judged=frozenset({Who.CUSTOMER}),
        remark="The bucket ends them after 90 days.",
    ),
)
