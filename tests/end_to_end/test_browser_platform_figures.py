"""A store's figures, limits and media storage on the owners' page in Chromium."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest
from playwright.sync_api import Page, expect

from chalicelib.integrations.object_storage.buckets import Vendor
from chalicelib.kit import clock
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, StorageType
from chalicelib.platform.models import StoreAnalytics
from infra.local import chromium
from tests.end_to_end.owner_tabs import accessible, open_store, owned_store, tab
from tests.end_to_end.test_browser import browser
from tests.object_storage import StorageGateway, new_bucket, storage_gateway

__all__ = ["browser", "storage_gateway", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


def write_days(store_id: str, count: int) -> None:
    """Write the figures of the last complete days (UTC): the newest has `count` visits, each one before it one less."""
    for age in range(1, count + 1):
        visits = count + 1 - age
        StoreAnalytics(
            store_id,
            clock.now().date() - timedelta(days=age),
            visits=visits,
            orders=visits // 2,
            revenue=Decimal(visits // 2) * Decimal("12.5"),
            computed_at=clock.now(),
        ).save()


def test_the_last_days_are_charts_with_tables(tab: Page, api: httpx2.Client, api_url: str) -> None:
    store = owned_store(api, database_type=DatabaseType.SHARED, database_status=DatabaseStatus.ACTIVE)
    write_days(store.id, 40)
    open_store(tab, api_url, store)
    visits = tab.get_by_role("group", name="Visits")
    expect(visits.get_by_role("img")).to_have_count(30)
    visits.get_by_role("img").first.focus()
    tab.keyboard.press("End")
    expect(visits.locator(":focus")).to_have_attribute("aria-label", f"{_day(1)}: 40")
    revenue = tab.get_by_role("figure", name="Revenue")
    revenue.get_by_text("Show as a table").press("Enter")
    expect(revenue.get_by_role("row", name=f"{_day(1)} 250")).to_be_visible()
    accessible(tab)


def _day(age: int) -> str:
    """Return a day before today (UTC) as the chart writes it."""
    day = clock.now().date() - timedelta(days=age)
    return f"{day:%b} {day.day}"


def test_a_store_without_calls_has_no_figures(tab: Page, api: httpx2.Client, api_url: str) -> None:
    store = owned_store(api, database_type=DatabaseType.SHARED, database_status=DatabaseStatus.ACTIVE)
    open_store(tab, api_url, store)
    expect(tab.get_by_role("heading", name="No figures yet")).to_be_visible()


@pytest.mark.parametrize(
    ("product_count", "words"), [(19, None), (20, "Products: 80 % used"), (25, "Products: 100 % used")]
)
def test_a_limit_of_which_80_percent_are_used_is_warned_of(
    tab: Page, api: httpx2.Client, api_url: str, product_count: int, words: str | None
) -> None:
    store = owned_store(
        api, database_type=DatabaseType.SHARED, database_status=DatabaseStatus.ACTIVE, product_count=product_count
    )
    open_store(tab, api_url, store)
    expect(tab.get_by_text(f"{product_count} of 25")).to_be_visible()
    if words:
        expect(tab.get_by_text(words)).to_be_visible()
    expect(tab.get_by_text("% used", exact=False)).to_have_count(2 if words else 0)
    accessible(tab)


def test_a_bucket_is_tested_then_used(
    tab: Page, api: httpx2.Client, api_url: str, storage_gateway: StorageGateway
) -> None:
    store = owned_store(api, database_type=DatabaseType.SHARED, database_status=DatabaseStatus.ACTIVE)
    bucket = new_bucket(Vendor.SUPABASE)
    open_store(tab, api_url, store, "storage")
    tab.get_by_label("Supabase Storage").check()
    tab.get_by_label("Bucket", exact=True).fill("missing")
    tab.get_by_label("Project", exact=True).fill(bucket.place)
    tab.get_by_label("Access key", exact=True).fill(bucket.access_key)
    tab.get_by_label("Secret key", exact=True).fill("wrong")
    tab.get_by_role("button", name="Test the bucket").press("Enter")
    expect(tab.locator(".banner.bad")).to_be_visible()
    tab.get_by_label("Secret key", exact=True).fill(bucket.secret_key)
    tab.get_by_label("Bucket", exact=True).fill(bucket.name)
    tab.get_by_role("button", name="Test the bucket").press("Enter")
    expect(tab.get_by_text("The bucket works")).to_be_visible()
    accessible(tab)
    tab.get_by_role("button", name="Use this bucket").press("Enter")
    expect(tab.get_by_text("The store uses Supabase Storage.")).to_be_visible()
    assert store.row.storage_type is StorageType.SUPABASE
