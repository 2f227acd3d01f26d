"""Settings of an app in a shop, and their version history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction
from chalicelib.shops.models import AppSettings, AppSettingsVersion

KEEP_VERSIONS = timedelta(days=365)


def find(shop: str, app: str) -> AppSettings | None:
    """Return the current settings, with a consistent read; None if none are stored."""
    try:
        return AppSettings.get(shop, app, consistent_read=True)
    except AppSettings.DoesNotExist:
        return None


def save(shop: str, app: str, settings: dict[str, Any], expected: int, changed_by: str | None) -> AppSettings:
    """Write the next version of the settings. Raises VersionMismatch if `expected` (0: none) is stale."""
    now, version = clock.now(), expected + 1
    row = AppSettings(shop=shop, app=app, settings=settings, version=version, updated_at=now)
    actions: list[Action] = [
        AppSettings.settings.set(settings),
        AppSettings.version.set(version),
        AppSettings.updated_at.set(now),
    ]
    if expected == 0:
        actions.append(AppSettings.created_at.set(now))
    condition = AppSettings.version == expected if expected else AppSettings.version.does_not_exist()
    with Transaction() as transaction:
        transaction.update(row, actions, condition=condition, otherwise=VersionMismatch())
        transaction.put(
            AppSettingsVersion(
                shop_app=f"{shop}#{app}",
                version=version,
                shop=shop,
                app=app,
                settings=settings,
                changed_by=changed_by,
                changed_at=now,
                expires_epoch=now + KEEP_VERSIONS,
            )
        )
    return row


def list_versions(shop: str, app: str, page: PageRequest) -> PageResult[AppSettingsVersion]:
    """Return a page of the versions saved within a year, newest first."""
    rows = AppSettingsVersion.query(
        f"{shop}#{app}",
        filter_condition=AppSettingsVersion.expires_epoch > clock.now(),
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return query_page(rows)
